using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Inference.Tests.Hub;

/// <summary>A hub with one repository, <c>owner/model</c>, a second server that large files come from, and faults on order.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Repository = "owner/model";

    private readonly Lock _lock = new();
    private readonly Queue<(Func<FakeRequest, bool> Where, Func<FakeRequest, FakeResponse, FakeResponse> Change)> _faults = [];

    public FakeHub()
    {
        Storage = new FakeServer(request => Faulty(request, Serve(request, request.Path[1..])));
        Server = new FakeServer(request => Faulty(request, Answer(request)));
    }

    public FakeServer Server { get; }

    /// <summary>Where large files are fetched from, at another address than the hub.</summary>
    public FakeServer Storage { get; }

    public string Commit { get; set; } = new('a', 40);

    public string Revision { get; set; } = "main";

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public int PageLength { get; init; } = 1000;

    public int Downloads => Server.Requests.Count(request => request.Path.Contains("/resolve/", StringComparison.Ordinal));

    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static bool IsLarge(string name) => name.EndsWith(".gguf", StringComparison.Ordinal) || name.EndsWith(".safetensors", StringComparison.Ordinal);

#pragma warning disable CA5350 // Git names small files by it, whatever its strength.
    public static string HashOf(string name, byte[] content) => IsLarge(name)
        ? Convert.ToHexStringLower(SHA256.HashData(content))
        : Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, [.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350

    /// <summary>Changes the next answer to a request that fits; each order is for one answer, in the order given.</summary>
    public void Next(Func<FakeRequest, bool> where, Func<FakeRequest, FakeResponse, FakeResponse> change)
    {
        lock (_lock)
            _faults.Enqueue((where, change));
    }

    /// <summary>As <see cref="Next"/>, for the bytes of a file from wherever they come.</summary>
    public void NextBytesOf(string name, Func<FakeResponse, FakeResponse> change) =>
        Next(request => request.IsFor(name), (_, response) => change(response));

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Storage.DisposeAsync();
    }

    private FakeResponse Faulty(FakeRequest request, FakeResponse response)
    {
        lock (_lock)
        {
            // The hub's own redirect is no answer with bytes.
            if (response.Status == 302 || !_faults.TryPeek(out var fault) || !fault.Where(request))
                return response;
            return _faults.Dequeue().Change(request, response);
        }
    }

    private FakeResponse Answer(FakeRequest request)
    {
        string api = $"/api/models/{Repository}";
        if (request.Path == $"{api}/revision/{Revision}" || request.Path == $"{api}/revision/{Commit}")
            return Json(new { sha = Commit });
        if (request.Path == $"{api}/tree/{Commit}")
            return Page(request);
        string files = $"/{Repository}/resolve/{Commit}/";
        if (request.Path.StartsWith(files, StringComparison.Ordinal))
            return Resolve(request, Uri.UnescapeDataString(request.Path[files.Length..]));
        return new FakeResponse(404, []).With("X-Error-Code", request.Path.StartsWith(api, StringComparison.Ordinal) ? "RevisionNotFound" : "RepoNotFound");
    }

    private FakeResponse Page(FakeRequest request)
    {
        int start = request.Query.Split('&').FirstOrDefault(part => part.StartsWith("cursor=", StringComparison.Ordinal)) is { } cursor ? int.Parse(cursor[7..]) : 0;
        object[] entries = [new { type = "directory", path = "folder", oid = new string('d', 40), size = 0 }, .. Files.Select(file => Entry(file.Key, file.Value))];
        FakeResponse page = Json(entries.Skip(start).Take(PageLength).ToArray());
        return start + PageLength < entries.Length
            ? page.With("Link", $"<{Server.Address}api/models/{Repository}/tree/{Commit}?recursive=true&cursor={start + PageLength}>; rel=\"next\"")
            : page;
    }

    private static object Entry(string name, byte[] content) => IsLarge(name)
        ? new { type = "file", path = name, oid = new string('e', 40), size = content.Length, lfs = new { oid = HashOf(name, content), size = content.Length, pointerSize = 134 } }
        : new { type = "file", path = name, oid = HashOf(name, content), size = content.Length };

    private FakeResponse Resolve(FakeRequest request, string name)
    {
        if (!Files.TryGetValue(name, out byte[]? content))
            return new FakeResponse(404, []).With("X-Error-Code", "EntryNotFound");
        FakeResponse response = IsLarge(name)
            ? new FakeResponse(302, []).With("Location", $"{Storage.Address}{Uri.EscapeDataString(name)}").With("X-Linked-Etag", $"\"{HashOf(name, content)}\"").With("X-Linked-Size", $"{content.Length}")
            : Serve(request, name);
        return response.With("X-Repo-Commit", Commit);
    }

    private FakeResponse Serve(FakeRequest request, string name)
    {
        name = Uri.UnescapeDataString(name);
        byte[] content = Files[name];
        int start = request.RangeStart;
        string tag = $"\"{HashOf(name, content)}\"";
        bool isSame = request.Header("If-Range") is not { } condition || condition == tag;
        return (start > 0 && isSame
            ? new FakeResponse(206, content[start..]).With("Content-Range", $"bytes {start}-{content.Length - 1}/{content.Length}")
            : new FakeResponse(200, content)).With("ETag", tag);
    }

    private static FakeResponse Json(object value) => new FakeResponse(200, JsonSerializer.SerializeToUtf8Bytes(value)).With("Content-Type", "application/json");
}

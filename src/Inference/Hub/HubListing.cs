using System.Text.Json;

namespace Inference.Hub;

/// <summary>Asks the hub which commit a revision is and which files that has.</summary>
internal sealed class HubListing(HubClient client, string repository, ModelHubOptions options)
{
    private const int LongestAnswer = 32 << 20;
    private const int MostPages = 1000;
    private const int MostFiles = 200_000;

    /// <summary>The commit that a revision stands for now.</summary>
    public async Task<string> ResolveAsync(string revision, int attempts, CancellationToken cancellation)
    {
        Uri address = client.Address($"/api/models/{repository}/revision/{Uri.EscapeDataString(revision)}");
        (JsonElement answer, _) = await ReadAsync(address, attempts, cancellation).ConfigureAwait(false);
        return answer.ValueKind == JsonValueKind.Object && Text(answer, "sha") is { } commit && RepositoryCache.IsCommit(commit)
            ? commit
            : throw Malformed("does not name the revision's commit");
    }

    /// <summary>Every file of a commit.</summary>
    public async Task<IReadOnlyList<HubEntry>> ListAsync(string commit, int attempts, CancellationToken cancellation)
    {
        Uri? next = client.Address($"/api/models/{repository}/tree/{commit}?recursive=true&expand=false");
        List<HubEntry> files = [];
        for (int page = 0; next is not null; page++)
        {
            if (page == MostPages || files.Count > MostFiles)
                throw Malformed("lists files without end");
            (JsonElement answer, string? link) = await ReadAsync(next, attempts, cancellation).ConfigureAwait(false);
            if (answer.ValueKind != JsonValueKind.Array)
                throw Malformed("is no list of files");
            files.AddRange(answer.EnumerateArray().Where(IsFile).Select(Read));
            next = NextPage(next, link);
        }

        return files.DistinctBy(file => file.Path, StringComparer.Ordinal).Count() == files.Count ? files : throw Malformed("lists a file twice");
    }

    private static bool IsFile(JsonElement entry) => entry.ValueKind == JsonValueKind.Object && Text(entry, "type") == "file";

    private HubEntry Read(JsonElement entry)
    {
        string path = Text(entry, "path") ?? throw Malformed("lists a file without a path");
        if (HubPath.Refusal(path) is { } why)
            throw Malformed($"lists the file '{HubText.Plain(path)}', whose name is refused: {why}");

        // A large file's own entry is about a pointer to it.
        JsonElement content = entry.TryGetProperty("lfs", out JsonElement lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs : entry;
        string? hash = Text(content, "oid");
        if (hash?.StartsWith("sha256:", StringComparison.Ordinal) == true)
            hash = hash["sha256:".Length..];
        return ContentHash.IsHash(hash) && content.TryGetProperty("size", out JsonElement size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long length) && length >= 0
            ? new HubEntry(path, length, hash)
            : throw Malformed($"lists the file '{HubText.Plain(path)}' without a size and a checksum");
    }

    private async Task<(JsonElement Answer, string? Link)> ReadAsync(Uri address, int attempts, CancellationToken cancellation)
    {
        HubRetry retry = new(repository, null, attempts, options);
        return await retry.RunAsync(async () =>
        {
            using HubResponse response = await client.GetAsync(address, null, null, cancellation).ConfigureAwait(false);
            byte[] bytes = await ReadBytesAsync(response, cancellation).ConfigureAwait(false);
            try
            {
                using JsonDocument document = JsonDocument.Parse(bytes);
                return (document.RootElement.Clone(), HubStatus.Header(response.Message, "Link"));
            }
            catch (JsonException)
            {
                throw Malformed("is not JSON");
            }
        }, () => 0, cancellation).ConfigureAwait(false);
    }

    private async Task<byte[]> ReadBytesAsync(HubResponse response, CancellationToken cancellation)
    {
        using MemoryStream bytes = new();
        byte[] buffer = new byte[64 << 10];
        try
        {
            using Stream content = await response.Message.Content.ReadAsStreamAsync(response.Guard.Token).ConfigureAwait(false);
            int read;
            while ((read = await content.ReadAsync(buffer, response.Guard.Token).ConfigureAwait(false)) > 0)
            {
                response.Guard.Reset();
                if (bytes.Length + read > LongestAnswer)
                    throw Malformed($"is longer than {LongestAnswer} bytes");
                bytes.Write(buffer, 0, read);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            throw HubClient.Classify(failure, cancellation);
        }

        return bytes.ToArray();
    }

    // RFC 8288: <address>; rel="next". Where it leads elsewhere, the client keeps the token back.
    private Uri? NextPage(Uri page, string? link)
    {
        foreach (string part in (link ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            int end = part.IndexOf('>', StringComparison.Ordinal);
            if (!part.StartsWith('<') || end < 0 || !part[end..].Contains("rel=\"next\"", StringComparison.Ordinal))
                continue;
            return Uri.TryCreate(page, part[1..end], out Uri? next) && next.Scheme is "http" or "https" && next.Scheme == page.Scheme
                ? next
                : throw Malformed("continues at an address that is not one of the web");
        }

        return null;
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? Decode(value) : null;

    // A text may hold half of a surrogate pair, which only shows when it is asked for.
    private static string? Decode(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private HubResponseException Malformed(string problem) => new(repository, null, null, $"{repository}: the hub's answer {problem}.");
}

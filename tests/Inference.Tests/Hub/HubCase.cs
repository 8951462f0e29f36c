using Inference.Hub;

namespace Inference.Tests.Hub;

/// <summary>A hub, an empty cache, and a clock that does not wait.</summary>
internal sealed class HubCase : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("inference-hub-");

    public FakeHub Hub { get; init; } = new();

    public QuickClock Clock { get; } = new();

    public string Cache => Path.Combine(_folder.FullName, "hub");

    public string Repository => Path.Combine(Cache, "models--owner--model");

    public Dictionary<string, string> Environment { get; } = [];

    public ModelHubOptions Options => new()
    {
        Endpoint = Hub.Server.Address,
        CacheFolder = Cache,
        TimeProvider = Clock,
        StallTimeout = QuickClock.Stall,
        MaxAttempts = 4,
        Environment = name => Environment.GetValueOrDefault(name, name == "HOME" ? _folder.FullName : ""),
    };

    public Task<HubModel> DownloadAsync(string suffix = "", Func<ModelHubOptions, ModelHubOptions>? change = null, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default) =>
        ModelHub.DownloadAsync(FakeHub.Repository + suffix, change is null ? Options : change(Options), progress, cancellation == default ? TestContext.Current.CancellationToken : cancellation);

    public async Task<T> FailsAsync<T>(string suffix = "", Func<ModelHubOptions, ModelHubOptions>? change = null)
        where T : Exception
    {
        T error = await Assert.ThrowsAsync<T>(() => DownloadAsync(suffix, change));
        AssertNothingPartial();
        return error;
    }

    public string BlobOf(string name) => Path.Combine(Repository, "blobs", FakeHub.HashOf(name, Hub.Files[name]));

    /// <summary>Fails where a final name in the cache holds anything but what the repository has.</summary>
    public void AssertNothingPartial()
    {
        foreach ((string name, byte[] content) in Hub.Files)
        {
            foreach (string path in new[] { BlobOf(name), Path.Combine(Repository, "snapshots", Hub.Commit, name) })
            {
                if (File.Exists(path))
                    Assert.Equal(content, File.ReadAllBytes(path));
            }
        }

        string blobs = Path.Combine(Repository, "blobs");
        string[] known = [.. Hub.Files.Select(file => FakeHub.HashOf(file.Key, file.Value))];
        if (Directory.Exists(blobs))
            Assert.All(Directory.GetFiles(blobs).Select(Path.GetFileName), name => Assert.Contains(name!.Replace(".incomplete", "", StringComparison.Ordinal), known));
    }

    public void AssertWhole(HubModel model)
    {
        AssertNothingPartial();
        Assert.All(model.Files, file => Assert.Equal(Hub.Files[file.Name], File.ReadAllBytes(file.Path)));
        Assert.Empty(Directory.GetFiles(Repository, "*.incomplete", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Repository, "*.tmp", SearchOption.AllDirectories));
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

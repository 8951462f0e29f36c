using Inference.Hub;

namespace Inference.Tests.Hub;

public class DownloadTests
{
    private const string Gguf = "model-Q8_0.gguf";

    [Fact]
    public async Task A_model_lies_in_the_cache_as_huggingface_hub_lays_it()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(300_000);
        test.Hub.Files["README.md"] = FakeHub.Bytes(10);

        HubModel model = await test.DownloadAsync();

        test.AssertWhole(model);
        Assert.Equal(Path.Combine(test.Repository, "snapshots", test.Hub.Commit, Gguf), model.Path);
        Assert.Equal([Gguf], model.Files.Select(file => file.Name));
        Assert.Equal(("owner/model", test.Hub.Commit, false), (model.Repository, model.Commit, model.IsFromCache));
        Assert.Equal(test.Hub.Commit, File.ReadAllText(Path.Combine(test.Repository, "refs", "main")));
        Assert.Equal($"../../blobs/{FakeHub.HashOf(Gguf, test.Hub.Files[Gguf])}", new FileInfo(model.Path).LinkTarget);
        Assert.True(File.Exists(Path.Combine(test.Cache, ".locks", "models--owner--model", FakeHub.HashOf(Gguf, test.Hub.Files[Gguf]) + ".lock")));
    }

    [Fact]
    public async Task A_safetensors_model_comes_with_its_shards_and_companions_and_nothing_else()
    {
        await using HubCase test = new() { Hub = new FakeHub { PageLength = 2 } };
        test.Hub.Files["model.safetensors.index.json"] = """{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"""u8.ToArray();
        test.Hub.Files["model-00001-of-00002.safetensors"] = FakeHub.Bytes(5000);
        test.Hub.Files["model-00002-of-00002.safetensors"] = FakeHub.Bytes(5000, 2);
        test.Hub.Files["consolidated.safetensors"] = FakeHub.Bytes(9000, 3);
        test.Hub.Files["config.json"] = "{}"u8.ToArray();
        test.Hub.Files["tokenizer.json"] = "{ }"u8.ToArray();
        test.Hub.Files["pytorch_model.bin"] = FakeHub.Bytes(9);
        test.Hub.Files["folder/config.json"] = FakeHub.Bytes(9);
        test.Hub.Files["empty/chat_template.jinja"] = [];

        HubModel model = await test.DownloadAsync();

        test.AssertWhole(model);
        Assert.Equal(Path.Combine(test.Repository, "snapshots", test.Hub.Commit), model.Path);
        Assert.Equal(["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.json"], model.Files.Select(file => file.Name).Order(StringComparer.Ordinal));
        Assert.True((await test.DownloadAsync(change: options => options with { Offline = true })).Files.Count == 5);
    }

    [Fact]
    public async Task An_index_that_names_a_shard_that_is_not_there_is_an_error()
    {
        await using HubCase test = new();
        test.Hub.Files["model.safetensors.index.json"] = """{"weight_map":{"a":"model-00001-of-00002.safetensors"}}"""u8.ToArray();
        test.Hub.Files["config.json"] = "{}"u8.ToArray();
        Assert.Equal("model-00001-of-00002.safetensors", (await test.FailsAsync<HubNotFoundException>()).File);
        Assert.False(Directory.Exists(Path.Combine(test.Repository, "refs")));
    }

    [Fact]
    public async Task All_parts_of_a_split_model_come()
    {
        await using HubCase test = new();
        for (int i = 1; i <= 3; i++)
            test.Hub.Files[$"Q4_K_M/m-Q4_K_M-0000{i}-of-00003.gguf"] = FakeHub.Bytes(1000, i);
        test.Hub.Files["m-Q8_0.gguf"] = FakeHub.Bytes(10);
        HubModel model = await test.DownloadAsync(":q4_k_m");
        test.AssertWhole(model);
        Assert.Equal(3, model.Files.Count);
        Assert.EndsWith("m-Q4_K_M-00001-of-00003.gguf", model.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_is_not_fetched_again()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        await test.DownloadAsync();
        HubModel again = await test.DownloadAsync();
        Assert.Equal(1, test.Hub.Downloads);
        Assert.False(again.IsFromCache);

        int asked = test.Hub.Server.Requests.Count;
        HubModel exact = await test.DownloadAsync(":" + Gguf, options => options with { Revision = test.Hub.Commit });
        Assert.True(exact.IsFromCache);
        Assert.Equal(asked, test.Hub.Server.Requests.Count);
    }

    [Fact]
    public async Task A_new_commit_shares_the_contents_that_stayed()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        string first = (await test.DownloadAsync()).Path;
        test.Hub.Commit = new string('b', 40);
        HubModel second = await test.DownloadAsync();
        Assert.NotEqual(first, second.Path);
        Assert.Equal(1, test.Hub.Downloads);
        test.AssertWhole(second);
        Assert.Equal(test.Hub.Commit, File.ReadAllText(Path.Combine(test.Repository, "refs", "main")));
    }

    [Fact]
    public async Task A_cache_of_pythons_is_found_without_a_network()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        string snapshot = Path.Combine(test.Repository, "snapshots", test.Hub.Commit);
        foreach (string folder in new[] { snapshot, Path.Combine(test.Repository, "blobs"), Path.Combine(test.Repository, "refs", "refs", "pr"), Path.Combine(test.Repository, ".no_exist", test.Hub.Commit) })
            Directory.CreateDirectory(folder);
        File.WriteAllBytes(test.BlobOf(Gguf), test.Hub.Files[Gguf]);
        File.CreateSymbolicLink(Path.Combine(snapshot, Gguf), $"../../blobs/{Path.GetFileName(test.BlobOf(Gguf))}");
        File.CreateSymbolicLink(Path.Combine(snapshot, "dangling-Q4_0.gguf"), "../../blobs/none");
        File.WriteAllText(Path.Combine(test.Repository, "refs", "refs", "pr", "1"), test.Hub.Commit);

        test.Environment["HF_HUB_OFFLINE"] = "1";
        HubModel model = await test.DownloadAsync(":Q8_0", options => options with { Revision = "refs/pr/1" });
        Assert.True(model.IsFromCache);
        Assert.Equal(1000, model.Files.Single().ByteLength);
        Assert.Empty(test.Hub.Server.Requests);
        await test.FailsAsync<HubChoiceException>(":Q4_0", options => options with { Revision = "refs/pr/1" });
        Assert.Contains("main", (await test.FailsAsync<HubNotFoundException>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_hub_gone_the_cache_answers_and_says_so()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        await test.DownloadAsync();
        test.Hub.Server.Answer = _ => new FakeResponse(200, []) { CutAfter = -1 };
        Assert.True((await test.DownloadAsync()).IsFromCache);
        await test.FailsAsync<HubConnectionException>(":Q4_0");
    }

    [Fact]
    public async Task Progress_counts_all_bytes_and_no_final_name_appears_before_the_end()
    {
        await using HubCase test = new();
        test.Hub.Files["m-00001-of-00002.gguf"] = FakeHub.Bytes(700_000);
        test.Hub.Files["m-00002-of-00002.gguf"] = FakeHub.Bytes(400_000, 2);
        List<HubProgress> reports = [];
        HubModel model = await test.DownloadAsync(progress: new Reports(value =>
        {
            reports.Add(value);
            if (value.FileBytes < value.FileTotal)
                Assert.False(File.Exists(test.BlobOf(value.File)) || File.Exists(Path.Combine(test.Repository, "snapshots", test.Hub.Commit, value.File)));
        }));
        test.AssertWhole(model);
        Assert.Equal(1_100_000, reports[^1].Total);
        Assert.Equal(1, reports[^1].Fraction);
        Assert.Equal(reports.Select(report => report.Bytes).Order(), reports.Select(report => report.Bytes));
    }

    [Fact]
    public async Task Where_there_are_no_links_the_file_itself_gets_the_name()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        HubModel model = await test.DownloadAsync(change: options => options with { Storage = new PoorStorage() });
        test.AssertWhole(model);
        Assert.Null(new FileInfo(model.Path).LinkTarget);
        await test.DownloadAsync(change: options => options with { Storage = new PoorStorage() });
        Assert.Equal(1, test.Hub.Downloads);
    }

    [Fact]
    public async Task A_disk_without_room_is_refused_before_the_first_byte()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        HubStorageException error = await test.FailsAsync<HubStorageException>(change: options => options with { Storage = new PoorStorage { Free = 999 } });
        Assert.Contains("1000", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, test.Hub.Downloads);
    }

    [Fact]
    public void The_system_tells_how_much_room_there_is() =>
        Assert.True(new CacheStorage().FreeBytes(AppContext.BaseDirectory) > 0);

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_a_storage_error()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        Directory.CreateDirectory(Path.GetDirectoryName(test.Cache)!);
        await File.WriteAllTextAsync(test.Cache, "a file where the folder should be");
        await test.FailsAsync<HubStorageException>();
    }

    [Fact]
    public async Task Calls_at_once_fetch_once()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(500_000);
        HubModel[] models = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => test.DownloadAsync()));
        Assert.All(models, test.AssertWhole);
        Assert.Equal(1, test.Hub.Downloads);
    }

    [Fact]
    public async Task A_lock_that_another_holds_is_waited_for()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(1000);
        string path = Path.Combine(test.Cache, ".locks", "models--owner--model", Path.GetFileName(test.BlobOf(Gguf)) + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Task<HubModel> waiting;
        using (new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            waiting = test.DownloadAsync();
            while (test.Clock.Waits.Count < 3 && !waiting.IsCompleted)
                await Task.Yield();
            Assert.False(waiting.IsCompleted);
            Assert.Equal(0, test.Hub.Downloads);
        }

        test.AssertWhole(await waiting);
    }

    [Fact]
    public async Task A_cancelled_download_goes_on_where_it_was()
    {
        await using HubCase test = new();
        test.Hub.Files[Gguf] = FakeHub.Bytes(600_000);
        test.Hub.NextBytesOf(Gguf, response => response with { HangAfter = 400_000 });
        using CancellationTokenSource cancellation = new();
        Task<HubModel> download = test.DownloadAsync(cancellation: cancellation.Token, progress: new Reports(value =>
        {
            if (value.FileBytes == 400_000)
                cancellation.Cancel();
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        test.AssertNothingPartial();
        Assert.Equal(400_000, new FileInfo(test.BlobOf(Gguf) + ".incomplete").Length);

        test.AssertWhole(await test.DownloadAsync());
        Assert.Equal("bytes=400000-", test.Hub.Storage.Requests[^1].Header("Range"));
    }

    private sealed class PoorStorage : CacheStorage
    {
        public long Free { get; init; } = long.MaxValue;

        public override long? FreeBytes(string folder) => Free;

        public override bool TryLink(string path, string target) => false;
    }
}

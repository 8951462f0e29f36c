using System.Text.Json;
using Inference.Cli;
using Inference.Hub;
using Inference.Tests.Hub;

namespace Inference.Tests.Cli;

public class DownloadCommandTests
{
    [Fact]
    public async Task A_downloaded_model_generates()
    {
        await using HubCase test = new();
        test.Hub.Files["stories-F32.gguf"] = await File.ReadAllBytesAsync(TestData.Stories260K);
        CliRun run = await Download(test, "owner/model:F32");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.EndsWith("stories-F32.gguf\n", run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        CliRun story = await CliRun.Of("generate", run.Output.Trim(), "--prompt", "Once upon a time", "--max-tokens", "3", "--json");
        Assert.Equal(0, story.ExitCode);

        JsonElement json = (await Download(test, "owner/model", "--offline", "--json")).Json;
        Assert.True(json.GetProperty("isFromCache").GetBoolean());
        Assert.Equal(run.Output.Trim(), json.GetProperty("path").GetString());
        Assert.Equal(test.Hub.Files["stories-F32.gguf"].Length, json.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Errors_are_one_line()
    {
        await using HubCase test = new();
        test.Hub.Files["a-Q8_0.gguf"] = FakeHub.Bytes(10);
        test.Hub.Files["a-Q4_0.gguf"] = FakeHub.Bytes(10, 2);
        (await Download(test, "owner/model")).AssertError("a-Q4_0.gguf");
        (await Download(test, "owner/other")).AssertError("owner/other");
        (await Download(test, "owner/model:Q8_0", "--revision", "../x")).AssertError("../x");
        (await Download(test, "not a model")).AssertError("owner/name");
        (await CliRun.Of("download", "owner/model", "--endpoint", "here")).AssertError("--endpoint");
    }

    [Fact]
    public async Task Engines_load_what_was_downloaded_by_its_name_and_fetch_nothing()
    {
        await using HubCase test = new();
        test.Hub.Files["a-Q8_0.gguf"] = FakeHub.Bytes(10);
        UserErrorException error = await Assert.ThrowsAsync<UserErrorException>(() => EngineLoader.FindAsync("owner/model:Q8_0", test.Options, CancellationToken.None));
        Assert.Contains("inference download owner/model:Q8_0", error.Message, StringComparison.Ordinal);
        Assert.Empty(test.Hub.Server.Requests);

        HubModel model = await test.DownloadAsync(":Q8_0");
        Assert.Equal(model.Path, await EngineLoader.FindAsync("owner/model:Q8_0", test.Options, CancellationToken.None));
        foreach (string path in new[] { "owner/model", "a/b/c:d", "C:/models/x", "x y/z:q", TestData.Stories260K })
            Assert.Equal(path, await EngineLoader.FindAsync(path, test.Options, CancellationToken.None));
    }

    private static Task<CliRun> Download(HubCase test, params string[] arguments) =>
        CliRun.Of(["download", .. arguments, "--cache", test.Cache, "--endpoint", test.Hub.Server.Address.AbsoluteUri]);
}

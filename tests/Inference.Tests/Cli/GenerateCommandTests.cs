using System.Text.Json;

namespace Inference.Tests.Cli;

public class GenerateCommandTests
{
    [Fact]
    public async Task A_folder_with_one_gguf_file_is_a_model()
    {
        using TemporaryFolder folder = new();
        File.Copy(TestData.Stories260K, folder.File("model.gguf"));
        CliRun run = await CliRun.Of("generate", Path.GetDirectoryName(folder.File("x"))!, "--prompt", "Once upon a time", "--max-tokens", "2", "--json");
        Assert.Equal(2, run.Json.GetProperty("tokens").GetArrayLength());
    }

    [Fact]
    public async Task A_file_with_a_vocabulary_alone_is_told_apart()
        => (await CliRun.Of("generate", TestData.Path("vocab/ggml-vocab-llama-spm.gguf"), "--prompt", "x", "--json")).AssertError("holds no weights");

    [Fact]
    public async Task A_context_beyond_the_memory_is_refused()
        => (await CliRun.Of("generate", TestData.Stories260K, "--prompt", "x", "--context", "2147483647", "--json")).AssertError("ContextLength must be at most");

    [Fact]
    public async Task Json_holds_tokens_text_and_timings()
    {
        JsonElement json = (await CliRun.Of("generate", TestData.Stories260K, "--prompt", "Once upon a time", "--max-tokens", "20", "--temperature", "0", "--seed", "1", "--threads", "1", "--json")).Json;
        Assert.Equal((int[])[1, 403, 407, 261, 378], Ids(json, "promptTokens"));
        Assert.Equal(Greedy.Ids("stories260Ktok512.gguf", 20), Ids(json, "tokens"));
        Assert.StartsWith(", there was", json.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("length", json.GetProperty("finishReason").GetString());
        Assert.True(json.GetProperty("timings").GetProperty("decodeTokensPerSecond").GetDouble() > 0);
        Assert.True(json.GetProperty("timings").GetProperty("timeToFirstTokenMs").GetDouble() > 0);
    }

    [Fact]
    public async Task Plain_output_is_the_text_and_statistics_go_to_the_error_stream()
    {
        CliRun json = await CliRun.WithInput(CliRun.Utf8("Once upon a time"), "generate", TestData.Stories260K, "--prompt", "-", "--max-tokens", "12", "--json");
        CliRun plain = await CliRun.WithInput(CliRun.Utf8("Once upon a time"), "generate", TestData.Stories260K, "--prompt", "-", "--max-tokens", "12");
        Assert.Equal(json.Json.GetProperty("text").GetString() + "\n", plain.Output);
        Assert.Contains("12 tokens", plain.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_sequence_ends_it_and_is_named()
    {
        JsonElement json = (await CliRun.Of("generate", TestData.Stories260K, "--prompt", "Once upon a time", "--max-tokens", "100", "--stop", "zzz", "--stop", "was", "--json")).Json;
        Assert.Equal(("stop", "was"), (json.GetProperty("finishReason").GetString(), json.GetProperty("stopSequence").GetString()));
        Assert.DoesNotContain("was", json.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text()
    {
        string[] arguments = ["generate", TestData.Stories260K, "--prompt", "Once", "--max-tokens", "30", "--temperature", "1", "--top-p", "0.95", "--json", "--seed"];
        int[] first = Ids((await CliRun.Of([.. arguments, "7"])).Json, "tokens");
        Assert.Equal(first, Ids((await CliRun.Of([.. arguments, "7"])).Json, "tokens"));
        Assert.NotEqual(first, Ids((await CliRun.Of([.. arguments, "8"])).Json, "tokens"));
    }

    [Theory]
    [InlineData("--temperature", "-1", "Temperature")]
    [InlineData("--top-p", "0", "TopP")]
    [InlineData("--min-p", "2", "MinP")]
    [InlineData("--repetition-penalty", "0", "RepetitionPenalty")]
    public async Task Options_out_of_range_are_named(string option, string value, string name)
        => (await CliRun.Of("generate", TestData.Stories260K, "--prompt", "x", option, value, "--json")).AssertError(name);

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_refused()
        => (await CliRun.Of("generate", TestData.Stories260K, "--prompt", "Once upon a time there was", "--context", "4", "--json")).AssertError("4");

    private static int[] Ids(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}

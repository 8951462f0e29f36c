using System.Text.Json;

namespace Inference.Tests.Cli;

public class TokenizeCommandTests
{
    [Fact]
    public async Task Text_becomes_ids_and_ids_become_text()
    {
        int[] ids = Tokens(await CliRun.Of("tokenize", TestData.Stories260K, "--text", "Once upon a time", "--json"));
        Assert.Equal([1, 403, 407, 261, 378], ids);
        CliRun decoded = await CliRun.Of("tokenize", TestData.Stories260K, "--decode", string.Join(',', ids), "--json");
        Assert.Equal("Once upon a time", decoded.Json.GetProperty("text").GetString()!.TrimStart());
    }

    [Fact]
    public async Task Special_tokens_can_be_left_out()
        => Assert.Equal((int[])[403, 407, 261, 378], Tokens(await CliRun.Of("tokenize", TestData.Stories260K, "--text", "Once upon a time", "--no-special", "--json")));

    [Fact]
    public async Task Plain_output_is_what_decode_takes()
    {
        CliRun run = await CliRun.Of("tokenize", TestData.Stories260K, "--text", "Once upon a time");
        Assert.Equal("1,403,407,261,378\n", run.Output);
    }

    [Theory]
    [InlineData("text\n")]
    [InlineData("\uFEFFtext")]
    [InlineData("  \r\n")]
    [InlineData("")]
    public async Task Standard_input_is_taken_byte_for_byte(string text)
    {
        string model = TestData.Path("vocab/ggml-vocab-gpt-2.gguf");
        int[] ids = Tokens(await CliRun.WithInput(CliRun.Utf8(text), "tokenize", model, "--text", "-", "--json"));
        CliRun decoded = await CliRun.Of("tokenize", model, "--decode", string.Join(',', ids), "--json");
        Assert.Equal(text, decoded.Json.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("@file")]
    [InlineData("-x")]
    [InlineData("--json")]
    [InlineData("a b\tc")]
    [InlineData("<|endoftext|>")]
    public async Task An_argument_is_taken_as_it_is(string text)
    {
        string model = TestData.Path("vocab/ggml-vocab-gpt-2.gguf");
        int[] fromArgument = Tokens(await CliRun.Of("tokenize", model, $"--text={text}", "--json"));
        int[] fromInput = Tokens(await CliRun.WithInput(CliRun.Utf8(text), "tokenize", model, "--text", "-", "--json"));
        Assert.Equal(fromInput, fromArgument);
        Assert.NotEmpty(fromArgument);
    }

    [Fact]
    public async Task Special_tokens_in_the_text_are_text_unless_asked_for()
    {
        string model = TestData.Path("vocab/ggml-vocab-gpt-2.gguf");
        Assert.DoesNotContain(50256, Tokens(await CliRun.Of("tokenize", model, "--text", "<|endoftext|>", "--no-special", "--json")));
        Assert.Equal((int[])[50256], Tokens(await CliRun.Of("tokenize", model, "--text", "<|endoftext|>", "--no-special", "--parse-special", "--json")));
    }

    [Fact]
    public async Task A_tokenizer_json_works()
    {
        string path = TestData.Path("models/TinyStories-656K/tokenizer.json");
        Assert.NotEmpty(Tokens(await CliRun.Of("tokenize", path, "--text", "Once upon a time", "--json")));
    }

    [Fact]
    public async Task Unknown_ids_are_named()
        => (await CliRun.Of("tokenize", TestData.Stories260K, "--decode", "1,512", "--json")).AssertError("512");

    [Fact]
    public async Task Text_or_ids_must_be_given()
        => (await CliRun.Of("tokenize", TestData.Stories260K, "--json")).AssertError("--text");

    private static int[] Tokens(CliRun run) => [.. run.Json.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32())];
}

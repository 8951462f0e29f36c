namespace Inference.Tests.Cli;

public class CommandLineTests
{
    [Theory]
    [InlineData("no-such-command")]
    [InlineData("tokenize", "a.gguf", "--no-such-option")]
    [InlineData("tokenize")]
    [InlineData("generate", "a.gguf")]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--max-tokens", "many")]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--max-tokens", "0")]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--temperature", "0,5")]
    [InlineData("logits", "a.gguf", "--tokens", "1,two", "--out", "x")]
    public async Task Usage_errors_are_one_line_and_a_code(params string[] arguments)
        => (await CliRun.Of(arguments)).AssertError("--help");

    [Theory]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--seed", "-1")]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--context", "x")]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--threads", "1.5")]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--max-tokens", "99999999999")]
    public async Task A_number_that_is_none_is_told_in_the_users_words(params string[] arguments)
    {
        CliRun run = await CliRun.Of(arguments);
        run.AssertError($"{arguments[^2]} takes a whole number from ");
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MODEL", "inspect", "")]
    [InlineData("--out", "logits", "a.gguf", "--tokens", "1", "--out", "")]
    [InlineData("OUT", "quantize", "a.gguf", "", "--type", "Q8_0")]
    [InlineData("--vocab", "synthesize", "a.gguf", "--shape", "SmolLM2-135M", "--type", "Q8_0", "--vocab", "")]
    public async Task An_empty_path_is_named(string name, params string[] arguments)
        => (await CliRun.Of(arguments)).AssertError($"{name} is empty");

    [Theory]
    [InlineData("generate", "a.gguf", "--prompt", "x", "--kernels", "fast")]
    [InlineData("bench", "a.gguf", "--kernels", "3")]
    [InlineData("inspect", "a.gguf", "--kernels", "")]
    public async Task Kernels_that_do_not_exist_are_refused_with_those_that_do(params string[] arguments)
        => (await CliRun.Of(arguments)).AssertError("vector256");

    [Fact]
    public async Task Nothing_at_all_is_a_usage_error()
        => (await CliRun.Of()).AssertError("--help");

    [Theory]
    [InlineData("generate", "missing.gguf", "--prompt", "x")]
    [InlineData("logits", "missing.gguf", "--tokens", "1", "--out", "x")]
    [InlineData("tokenize", "missing.gguf", "--text", "x")]
    [InlineData("inspect", "missing.gguf")]
    [InlineData("quantize", "missing.gguf", "out.gguf", "--type", "Q8_0")]
    [InlineData("bench", "missing.gguf")]
    public async Task A_missing_model_is_named(params string[] arguments)
        => (await CliRun.Of([.. arguments, "--json"])).AssertError("missing.gguf");

    [Theory]
    [InlineData("--help")]
    [InlineData("bench", "--help")]
    [InlineData("generate", "-h")]
    public async Task Help_is_no_error(params string[] arguments)
    {
        CliRun run = await CliRun.Of(arguments);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Usage", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interruption_has_its_own_code()
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Inference.Cli.Terminal terminal = new(Stream.Null, output, error, false, false);
        using TemporaryFolder folder = new();
        string[] arguments = ["quantize", TestData.Stories260K, folder.File("out.gguf"), "--type", "Q8_0"];
        Assert.Equal(130, await Inference.Cli.CommandLineApp.RunAsync(arguments, terminal, new CancellationToken(canceled: true)));
        Assert.Empty(error.ToString());
        Assert.Empty(folder.Names);
    }
}

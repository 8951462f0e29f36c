using System.Text;
using System.Text.Json;
using Inference.Cli;

namespace Inference.Tests.Cli;

/// <summary>One run of the command line, in this process.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    /// <summary>The one JSON document on the output.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.True(ExitCode == 0, Error);
            return JsonDocument.Parse(Output).RootElement;
        }
    }

    public static Task<CliRun> Of(params string[] arguments) => WithInput([], arguments);

    public static async Task<CliRun> WithInput(byte[] input, params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Terminal terminal = new(new MemoryStream(input), output, error, outputIsInteractive: false, errorIsInteractive: false);
        int exitCode = await CommandLineApp.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Fails unless the run failed with one line that holds a text.</summary>
    public void AssertError(string expected)
    {
        Assert.NotEqual(0, ExitCode);
        Assert.Empty(Output);
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.Contains(expected, Error, StringComparison.Ordinal);
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

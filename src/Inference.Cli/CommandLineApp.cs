using System.CommandLine;
using System.CommandLine.Invocation;
using Inference.Cli.Commands;

namespace Inference.Cli;

/// <summary>The `inference` command, separate from the process so that tests can run it.</summary>
internal static class CommandLineApp
{
    private const int Failed = 1;
    private const int Interrupted = 130;

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code: 0, 1 on any error, 130 where it was interrupted.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        // Arguments are taken as they are: a text may begin with '@' or look like bundled options.
        ParserConfiguration parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult result = Root(terminal).Parse(arguments, parser);
        if (result.Action is ParseErrorAction || (result.Errors.Count > 0 && result.Action is not SynchronousCommandLineAction { ClearsParseErrors: true }))
            return Fail(terminal, $"{OneLine(string.Join(' ', result.Errors.Select(error => error.Message)))} See 'inference --help'.");

        InvocationConfiguration invocation = new()
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            int exitCode = await result.InvokeAsync(invocation, cancellationToken);
            await terminal.Output.FlushAsync(CancellationToken.None);
            return exitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Interrupted;
        }
        // The last resort of a program: every error becomes one line and an exit code.
        catch (Exception exception)
        {
            return Fail(terminal, Describe(exception));
        }
    }

    private static RootCommand Root(Terminal terminal) => new("Runs language models in this process. Every command takes --json for scripts.")
    {
        GenerateCommand.Create(terminal),
        ChatCommand.Create(terminal),
        LogitsCommand.Create(terminal),
        TokenizeCommand.Create(terminal),
        TemplateCommand.Create(terminal),
        InspectCommand.Create(terminal),
        SynthesizeCommand.Create(terminal),
        QuantizeCommand.Create(terminal),
        BenchCommand.Create(terminal),
        PerplexityCommand.Create(terminal),
        DownloadCommand.Create(terminal),
    };

    private static int Fail(Terminal terminal, string message)
    {
        terminal.Error.WriteLine($"error: {message}");
        return Failed;
    }

    private static string Describe(Exception exception) => exception switch
    {
        AggregateException { InnerException: { } inner } => Describe(inner),
        ArgumentException argument => OneLine(argument.Message.Replace($" (Parameter '{argument.ParamName}')", "", StringComparison.Ordinal)),
        InferenceException or UserErrorException or IOException or UnauthorizedAccessException or NotSupportedException => OneLine(exception.Message),
        OutOfMemoryException => "Not enough memory.",
        _ => OneLine($"Unexpected {exception.GetType().Name}: {exception.Message}"),
    };

    private static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}

using System.Text;
using Spectre.Console;

namespace Inference.Cli;

/// <summary>Where a command reads and writes: results on the output, everything about them on the error stream.</summary>
internal sealed class Terminal(Stream input, TextWriter output, TextWriter error, bool outputIsInteractive, bool errorIsInteractive, bool inputIsInteractive = false)
{
    public Stream Input { get; } = input;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Whether a person types the input.</summary>
    public bool InputIsInteractive { get; } = inputIsInteractive;

    /// <summary>Whether a person reads the output.</summary>
    public bool OutputIsInteractive { get; } = outputIsInteractive;

    /// <summary>What an interruption ends, where that is less than the whole command; null where it is not. Called on any thread.</summary>
    public Action? OnInterrupt { get; set; }

    public static Terminal OpenSystem()
    {
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        return new Terminal(
            Console.OpenStandardInput(),
            new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = !Console.IsOutputRedirected },
            new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true },
            outputIsInteractive: !Console.IsOutputRedirected,
            errorIsInteractive: !Console.IsErrorRedirected,
            inputIsInteractive: !Console.IsInputRedirected);
    }

    /// <summary>Writes the one JSON document of a run; see <see cref="JsonText.Write"/>.</summary>
    public void WriteJson(IReadOnlyDictionary<string, object?> fields) => Output.WriteLine(JsonText.Write(fields));

    /// <summary>Writes something worth knowing that is not the result.</summary>
    public void Note(string text) => Error.WriteLine(text);

    /// <summary>Writes rows: a drawn table for people, aligned columns for files and pipes.</summary>
    public void WriteTable(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (OutputIsInteractive)
        {
            Table table = new() { Border = TableBorder.Rounded };
            foreach (string header in headers)
                table.AddColumn(new TableColumn(Markup.Escape(header)));
            foreach (IReadOnlyList<string> row in rows)
                table.AddRow([.. row.Select(Markup.Escape)]);
            AnsiConsoleOn(Output).Write(table);
            return;
        }

        int[] widths = [.. headers.Select((header, column) => rows.Select(row => row[column].Length).Append(header.Length).Max())];
        foreach (IReadOnlyList<string> row in rows.Prepend(headers))
            Output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>Runs something long, with a progress bar where a person watches.</summary>
    /// <param name="label">What is being done.</param>
    /// <param name="work">Reports the fraction done, 0 to 1.</param>
    public async Task<T> WithProgressAsync<T>(string label, Func<IProgress<double>, Task<T>> work)
    {
        if (!errorIsInteractive)
            return await work(new ProgressTarget(null));

        return await AnsiConsoleOn(Error).Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(label), maxValue: 1);
            return await work(new ProgressTarget(task));
        });
    }

    private static IAnsiConsole AnsiConsoleOn(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    // Progress<T> would post to the thread pool and may report after the end.
    private sealed class ProgressTarget(ProgressTask? task) : IProgress<double>
    {
        public void Report(double value)
        {
            if (task is not null)
                task.Value = value;
        }
    }
}

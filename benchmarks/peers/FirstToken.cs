using System.Diagnostics;
using System.Globalization;

namespace Inference.Peers;

/// <summary>From the start of a process to its end after one token, and the most memory it held meanwhile.</summary>
/// <remarks>
/// Ours is the command line as users run it. For llama.cpp, <see cref="LlamaStartup"/> runs its library; the time that it spent outside of
/// the library, mostly on starting .NET, is left out.
/// </remarks>
internal sealed class FirstToken(string library, string command, string model, int threads)
{
    private static readonly (string, string)[] _figures = [("process start to first token and exit", Outcome.Milliseconds), ("peak memory of that", Outcome.Mebibytes)];
    private static readonly string _self = typeof(FirstToken).Assembly.Location;
    private readonly string _threads = threads.ToString(CultureInfo.InvariantCulture);

    /// <summary>Measures both.</summary>
    public Task<Outcome[]> MeasureAsync(Rounds rounds)
    {
        ReadIntoPageCache();
        return rounds.MeasureAsync(_figures, RoundAsync, warmsUp: true);
    }

    private async Task<(double, double)[]> RoundAsync()
    {
        ProcessRun ours = await ProcessRun.OfAsync(command, "generate", model, "--prompt", "Once upon a time", "--max-tokens", "1", "--threads", _threads);
        ProcessRun theirs = await ProcessRun.OfAsync(_self, LlamaStartup.Verb, library, model, _threads);
        return [(ours.Seconds * 1e3, LibrarySeconds(theirs) * 1e3), (ours.PeakBytes / (double)(1 << 20), theirs.PeakBytes / (double)(1 << 20))];
    }

    /// <summary>The run without what a program in C would not do.</summary>
    private static double LibrarySeconds(ProcessRun run)
    {
        long[] ticks = [.. run.Output.Split(' ', StringSplitOptions.TrimEntries).Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        long outside = ticks[2] - run.Started - ticks[1];
        return run.Seconds - outside / (double)Stopwatch.Frequency;
    }

    private void ReadIntoPageCache()
    {
        byte[] buffer = new byte[8 << 20];
        using FileStream file = File.OpenRead(model);
        while (file.Read(buffer) > 0)
        {
        }
    }
}

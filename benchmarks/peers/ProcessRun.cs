using System.Diagnostics;

namespace Inference.Peers;

/// <summary>One run of a program from its start to its end.</summary>
/// <param name="Started">When it was started, in ticks of <see cref="Stopwatch"/>, which all processes share.</param>
/// <param name="Seconds">Until it had ended.</param>
/// <param name="PeakBytes">The most memory resident, mapped files included; 0 where unknown.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record ProcessRun(long Started, double Seconds, long PeakBytes, string Output)
{
    /// <summary>Runs a program.</summary>
    /// <param name="program">A file; one ending in .dll is run by the .NET host that runs this program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="PeerException">It cannot be started or fails.</exception>
    public static async Task<ProcessRun> OfAsync(string program, params string[] arguments)
    {
        bool managed = program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(managed ? Host : program, managed ? [program, .. arguments] : arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        long started = Stopwatch.GetTimestamp();
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new PeerException($"{start.FileName} cannot be started: {error.Message}.");
        }

        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            long peak = 0;
            // The kernel keeps the peak itself, but forgets it with the process.
            while (!process.WaitForExit(TimeSpan.FromMilliseconds(2)))
                peak = Math.Max(peak, PeakOf(process.Id));
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            string text = await output;
            return process.ExitCode == 0
                ? new ProcessRun(started, seconds, peak, text)
                : throw new PeerException($"{program} {string.Join(' ', arguments)} failed: {(await errors).Trim()}");
        }
    }

    private static string Host =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static long PeakOf(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().TrimEnd("kB ").ToString(), System.Globalization.CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0; // It has just ended, or this is not Linux.
        }
    }
}

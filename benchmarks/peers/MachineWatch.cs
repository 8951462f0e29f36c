using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Inference.Peers;

/// <summary>Tells how much of the machine other processes took while something ran here.</summary>
/// <remarks>
/// All processors' busy time, time stolen by other virtual machines included, less this process's and its ended children's. Linux only;
/// elsewhere nothing counts as a disturbance.
/// </remarks>
internal sealed partial class MachineWatch
{
    // The kernel counts in hundredths of a second: what is shorter than a few of them says nothing.
    private const double Tick = 0.01;
    private const double Uncertainty = 3 * Tick;
    private readonly double _busy = BusySeconds();
    private readonly double _own = OwnSeconds();
    private readonly long _start = Stopwatch.GetTimestamp();

    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && File.Exists("/proc/stat");

    /// <summary>Processors that others used on average since the watch was made, beyond what the clock cannot tell; 0 where unknown.</summary>
    public double OthersSince()
    {
        if (!IsSupported)
            return 0;
        double others = BusySeconds() - _busy - (OwnSeconds() - _own);
        return Math.Max(0, others - Uncertainty) / Stopwatch.GetElapsedTime(_start).TotalSeconds;
    }

    /// <summary>Waits until others leave the machine alone, at most for a time.</summary>
    public static async Task WaitForQuietAsync(double tolerance, TimeSpan atMost)
    {
        long start = Stopwatch.GetTimestamp();
        while (IsSupported && Stopwatch.GetElapsedTime(start) < atMost)
        {
            var watch = new MachineWatch();
            await Task.Delay(400);
            if (watch.OthersSince() <= tolerance)
                return;
        }
    }

    private static double BusySeconds()
    {
        if (!IsSupported)
            return 0;
        using StreamReader reader = File.OpenText("/proc/stat");
        // cpu user nice system idle iowait irq softirq steal ...
        double[] ticks = [.. reader.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (ticks.Sum() - ticks[3] - ticks[4]) * Tick;
    }

    private static double OwnSeconds() => IsSupported ? Usage(0) + Usage(-1) : 0;

    /// <summary>Processor seconds of this process (0) or of its children that have ended (-1).</summary>
    private static unsafe double Usage(int who)
    {
        // Two times of seconds and microseconds each, and 14 numbers that are not needed.
        long* usage = stackalloc long[18];
        return GetUsage(who, usage) == 0 ? usage[0] + usage[2] + (usage[1] + usage[3]) * 1e-6 : 0;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int GetUsage(int who, long* usage);
}

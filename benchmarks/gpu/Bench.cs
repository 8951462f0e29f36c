using System.Diagnostics;
using Inference.Execution;

namespace Inference.GpuBenchmark;

/// <summary>What sections measure with.</summary>
/// <param name="Settings">What is measured.</param>
/// <param name="Device">The device; sections dispose what they make of it.</param>
/// <param name="Report">Where figures go.</param>
internal sealed record Bench(Settings Settings, Device Device, Report Report)
{
    /// <summary>Share of a copy's bandwidth that kernels which only read are to reach.</summary>
    public const double BandwidthTarget = 0.8;

    private const int Rounds = 5;

    /// <summary>Bytes a second that copying moves, read and written; 0 where it was not measured.</summary>
    public double CopyRate { get; set; }

    /// <summary>A figure for toy runs, or the real one.</summary>
    public T Size<T>(T real, T toy) => Settings.Toy ? toy : real;

    /// <summary>Seconds that one piece of work takes on the device, without what a wait for the device costs.</summary>
    /// <param name="work">Enqueues a piece; told which.</param>
    /// <param name="wait">Waits for all.</param>
    public double Time(Action<int> work, Action wait)
    {
        Run(Size(2, 1));
        // As many as take some milliseconds, so that the difference below is of them and not of the clock.
        int count = Size(4, 1);
        while (!Settings.Toy && count < 1 << 14 && Run(count) < 0.02)
            count *= 2;
        double best = double.MaxValue;
        for (int round = 0; round < (Settings.Toy ? 1 : Rounds); round++)
        {
            (double few, double many) = (Run(count), Run(3 * count));
            // Where the clock is disturbed, the whole is an upper limit.
            best = Math.Min(best, many > few ? (many - few) / (2 * count) : many / (3 * count));
        }

        return best;

        double Run(int pieces)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < pieces; i++)
                work(i);
            wait();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}

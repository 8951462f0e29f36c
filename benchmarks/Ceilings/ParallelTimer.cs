using System.Diagnostics;

namespace Inference.Ceilings;

/// <summary>Times the same work on several threads at once.</summary>
internal static class ParallelTimer
{
    /// <summary>The fastest of some passes, from the moment all threads begin until all are done.</summary>
    /// <param name="threads">Threads, the caller included; at least 1.</param>
    /// <param name="passes">Passes.</param>
    /// <param name="body">The work of one thread, given its number.</param>
    /// <returns>Seconds.</returns>
    public static double Fastest(int threads, int passes, Action<int> body)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        double fastest = double.MaxValue;
        using var gate = new Barrier(threads);
        var others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int number = i + 1;
            others[i] = new Thread(() => Run(number)) { IsBackground = true };
            others[i].Start();
        }

        Run(0);
        foreach (Thread other in others)
            other.Join();
        return fastest;

        void Run(int number)
        {
            for (int pass = 0; pass < passes; pass++)
            {
                gate.SignalAndWait();
                long began = Stopwatch.GetTimestamp();
                body(number);
                gate.SignalAndWait();
                if (number == 0)
                    fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        }
    }
}

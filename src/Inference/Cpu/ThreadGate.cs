using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu;

/// <summary>A counter that threads wait on: first spinning, then giving their core away between looks, then asleep.</summary>
internal sealed class ThreadGate
{
    // Longer than the gaps between the operations of a step, far shorter than a thread's time slice.
    private static readonly long _spinTicks = Stopwatch.Frequency * 30 / 1_000_000;
    private static readonly long _yieldTicks = Stopwatch.Frequency * 100 / 1_000_000;

    // Asking for the time takes longer than a look.
    private const int LooksPerTimestamp = 16;

    private readonly object _lock = new();
    private readonly bool _spins;
    private Counters _counters;

    /// <summary>Creates a gate whose count is 0.</summary>
    /// <param name="spins">Whether waiting starts with spinning: worth it only where every thread has a core.</param>
    public ThreadGate(bool spins) => _spins = spins;

    /// <summary>How often the gate has advanced; wraps around.</summary>
    public int Count => Volatile.Read(ref _counters.Count);

    /// <summary>Adds one and wakes those who wait.</summary>
    public void Advance()
    {
        // Full fences: here between the count and the look at Sleepers, in Sleep between Sleepers and the look at the count.
        // One of the two threads therefore sees the other.
        Interlocked.Increment(ref _counters.Count);
        if (Volatile.Read(ref _counters.Sleepers) == 0)
            return;

        lock (_lock)
            Monitor.PulseAll(_lock);
    }

    /// <summary>Returns the count as soon as it is another than <paramref name="seen"/>.</summary>
    public int AwaitChange(int seen)
    {
        if (Count != seen)
            return Count;

        long start = Stopwatch.GetTimestamp();
        long spinEnd = _spins ? start + _spinTicks : start;
        while (Stopwatch.GetTimestamp() < spinEnd)
        {
            for (int look = 0; look < LooksPerTimestamp; look++)
            {
                Pause();
                if (Count != seen)
                    return Count;
            }
        }

        long yieldEnd = start + _yieldTicks;
        while (Stopwatch.GetTimestamp() < yieldEnd)
        {
            Thread.Yield();
            if (Count != seen)
                return Count;
        }

        return Sleep(seen);
    }

    // Thread.SpinWait is as long on every machine, which is longer than a look needs to be.
    private static void Pause()
    {
        if (X86Base.IsSupported)
            X86Base.Pause();
        else
            Thread.SpinWait(1);
    }

    private int Sleep(int seen)
    {
        lock (_lock)
        {
            Interlocked.Increment(ref _counters.Sleepers);
            while (Count == seen)
                Monitor.Wait(_lock);
            Interlocked.Decrement(ref _counters.Sleepers);
            return Count;
        }
    }

    // Alone on its cache lines, so that those who spin on one gate do not slow down what lies beside it.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counters
    {
        [FieldOffset(128)]
        public int Count;

        [FieldOffset(132)]
        public int Sleepers;
    }
}

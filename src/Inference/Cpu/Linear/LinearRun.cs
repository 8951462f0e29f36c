namespace Inference.Cpu.Linear;

/// <summary>What the workers of a team share while they compute layers.</summary>
/// <remarks>
/// A worker that is free takes a share of the units that are left: many at first, so that it streams through memory and meets the others
/// seldom, few at the end, so that all end at the same time.
/// </remarks>
internal unsafe struct LinearRun
{
    public LinearJob* Jobs;

    /// <summary>Units of all jobs.</summary>
    public int UnitCount;

    /// <summary>What part of the units left a worker takes: one in so many.</summary>
    public int Divisor;

    private int _next;

    /// <summary>Takes units until none is left.</summary>
    public static void Work(int worker, void* state)
    {
        var run = (LinearRun*)state;
        LinearJob* job = run->Jobs;
        int passed = 0;
        for (int first = Volatile.Read(ref run->_next); first < run->UnitCount;)
        {
            for (int units; first - passed >= (units = job->UnitCount); job++)
                passed += units;
            int start = first - passed;
            int count = job->ChunkFrom(start, (run->UnitCount - first) / run->Divisor);
            int seen = Interlocked.CompareExchange(ref run->_next, first + count, first);
            if (seen == first)
            {
                job->Compute(worker, start, count);
                seen = Volatile.Read(ref run->_next);
            }

            first = seen;
        }
    }
}

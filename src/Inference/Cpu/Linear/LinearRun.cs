namespace Inference.Cpu.Linear;

/// <summary>What the workers of a team share while they compute layers.</summary>
internal unsafe struct LinearRun
{
    public LinearJob* Jobs;

    public int JobCount;

    /// <summary>Chunks of all jobs.</summary>
    public int ChunkCount;

    private int _next;

    /// <summary>Takes chunks until none is left.</summary>
    public static void Work(int worker, void* state)
    {
        var run = (LinearRun*)state;
        int chunk;
        while ((chunk = Interlocked.Increment(ref run->_next) - 1) < run->ChunkCount)
        {
            LinearJob* job = run->Jobs;
            for (; chunk >= job->ChunkCount; job++)
                chunk -= job->ChunkCount;
            job->Compute(chunk);
        }
    }
}

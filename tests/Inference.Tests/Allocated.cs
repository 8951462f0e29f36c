namespace Inference.Tests;

/// <summary>Measures managed allocation.</summary>
internal static class Allocated
{
    /// <summary>The fewest bytes that this thread allocates in a round of several.</summary>
    /// <remarks>The runtime may allocate on any thread, once, when it compiles a method again; what the code allocates it allocates in every round.</remarks>
    public static long Least(Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 4; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

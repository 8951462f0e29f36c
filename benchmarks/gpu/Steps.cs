using Inference.Execution;

namespace Inference.GpuBenchmark;

/// <summary>Batches of steps.</summary>
internal static class Steps
{
    public const int BlockSize = 16;

    /// <summary>One sequence of the tokens 0, 1, 2, ...</summary>
    public static StepBatch Prompt(int rows, int firstPosition = 0)
    {
        var batch = new StepBatch();
        batch.Add([.. Enumerable.Range(0, rows)], firstPosition, Blocks(0, firstPosition + rows), wantsLogits: true);
        return batch;
    }

    /// <summary>One token each of sequences that have so many positions, with their blocks one after the other.</summary>
    public static StepBatch Decode(int sequences, int context)
    {
        var batch = new StepBatch();
        for (int i = 0; i < sequences; i++)
            batch.Add([i], context - 1, Blocks(i * Count(context), context), wantsLogits: true);
        return batch;
    }

    /// <summary>Blocks that so many positions take.</summary>
    public static int Count(int positions) => (positions + BlockSize - 1) / BlockSize;

    private static int[] Blocks(int first, int positions) => [.. Enumerable.Range(first, Count(positions))];
}

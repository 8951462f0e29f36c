using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Causal attention over the paged cache.</summary>
/// <remarks>
/// Work is cut into units of some rows of one sequence and one key-value head, so that keys and values are read and decoded once
/// for all query heads that share them and for several rows of a prompt. Workers take the next unit as they become free.
/// </remarks>
internal sealed unsafe class AttentionKernel : IDisposable
{
    // Queries that share a decoded chunk: enough to hide the decoding, few enough that their sums stay in the second-level cache.
    private const int QueriesPerUnit = 64;

    private readonly NativeBuffer _units = new();
    private readonly NativeBuffer _scratch = new();

    /// <summary>Computes attention for every row of the step.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="step">Rows, positions and block tables.</param>
    /// <param name="queries">[rows][heads x head size].</param>
    /// <param name="shape">Heads, size and scale.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="layer">Which layer of it.</param>
    /// <param name="destination">[rows][heads x head size]; may be the queries.</param>
    public void Run(ThreadTeam team, CpuStep step, float* queries, AttentionShape shape, in CacheLayout cache, int layer, float* destination)
    {
        int group = shape.Heads / shape.KvHeads;
        int rows = int.Max(1, QueriesPerUnit / group);
        var scratch = new AttentionScratch(rows * group, shape.HeadSize);
        _scratch.Reserve((nuint)(scratch.Floats * sizeof(float)) * (nuint)team.Count);
        int units = Cut(step, shape.KvHeads, rows);
        var job = new AttentionJob
        {
            Queries = queries,
            Destination = destination,
            Heads = shape.Heads,
            Group = group,
            HeadSize = shape.HeadSize,
            Scale = shape.Scale,
            Cache = cache,
            Layer = layer,
            Sequences = step.Sequences,
            Blocks = step.Blocks,
            Units = (AttentionUnit*)_units.Data,
            UnitCount = units,
            Scratch = scratch,
            ScratchMemory = (float*)_scratch.Data,
        };
        if (units <= 1)
            AttentionJob.Work(0, &job);
        else
            team.Run(&AttentionJob.Work, &job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _units.Dispose();
        _scratch.Dispose();
    }

    private int Cut(CpuStep step, int kvHeads, int rows)
    {
        long count = 0;
        for (int i = 0; i < step.SequenceCount; i++)
            count += (step.Sequences[i].RowCount + rows - 1) / rows;
        count *= kvHeads;
        _units.Reserve((nuint)(count * sizeof(AttentionUnit)));

        var units = (AttentionUnit*)_units.Data;
        for (int i = 0; i < step.SequenceCount; i++)
        {
            // Late rows see more positions: the largest units go first, so that none is left over for the end.
            int rowCount = step.Sequences[i].RowCount;
            for (int first = (rowCount - 1) / rows * rows; first >= 0; first -= rows)
            {
                for (int head = 0; head < kvHeads; head++)
                    *units++ = new AttentionUnit(i, first, int.Min(rows, rowCount - first), head);
            }
        }

        return checked((int)count);
    }
}

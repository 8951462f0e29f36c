using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Causal attention over the paged cache.</summary>
/// <remarks>
/// Work is cut into units of some rows of one sequence and one key-value head, so that keys and values are read and decoded once
/// for all query heads that share them and for several rows of a prompt. Workers take the next unit as they become free.
/// </remarks>
/// <param name="assembled">Whether assembled code may be used; the bits are the same.</param>
internal sealed unsafe class AttentionKernel(bool assembled) : IDisposable
{
    // Queries that share a decoded chunk: enough to hide the decoding, few enough that their sums stay in the second-level cache.
    private const int QueriesPerUnit = 256;

    // With fewer units than this for each worker, the chunks of a unit are spread over workers, so many to each.
    private const int UnitsPerWorker = 4;
    private const int ChunksPerSpan = 4;

    private readonly NativeBuffer _units = new();
    private readonly NativeBuffer _spans = new();
    private readonly NativeBuffer _partials = new();
    private readonly NativeBuffer _scratch = new();

    /// <summary>Computes attention for every row of the step.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="step">Rows, positions and block tables.</param>
    /// <param name="queries">[rows][heads x head size].</param>
    /// <param name="shape">Heads, size, scale, and what a row sees.</param>
    /// <param name="sinks">A score of each query head without a value, or null.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="layer">Which layer of it.</param>
    /// <param name="destination">[rows][heads x head size]; may be the queries.</param>
    public void Run(ThreadTeam team, CpuStep step, float* queries, AttentionShape shape, float* sinks, in CacheLayout cache, int layer, float* destination)
    {
        int group = shape.Heads / shape.KvHeads;
        int rows = int.Max(1, QueriesPerUnit / group);
        var scratch = new AttentionScratch(rows * group, shape.HeadSize);
        _scratch.Reserve((nuint)(scratch.Floats * sizeof(float)) * (nuint)team.Count);
        int window = shape.Window ?? int.MaxValue;
        int units = Cut(step, shape.KvHeads, rows, window);
        int spans = team.Count > 1 && units < UnitsPerWorker * team.Count ? Spread(units, group, scratch.Stride) : 0;
        var job = new AttentionJob
        {
            Queries = queries,
            Destination = destination,
            Heads = shape.Heads,
            Group = group,
            HeadSize = shape.HeadSize,
            Scale = shape.Scale,
            SoftCap = shape.SoftCap,
            Window = window,
            Sinks = sinks,
            Cache = cache,
            Layer = layer,
            Sequences = step.Sequences,
            Blocks = step.Blocks,
            Units = (AttentionUnit*)_units.Data,
            UnitCount = units,
            Direct = assembled ? new AttentionDirect(cache, group) : default,
            Assembled = assembled,
            Scratch = scratch,
            ScratchMemory = (float*)_scratch.Data,
            Partials = (float*)_partials.Data,
        };
        if (spans == 0)
        {
            Run(team, &AttentionJob.Compute, job);
            return;
        }

        AttentionJob spread = job;
        spread.Units = (AttentionUnit*)_spans.Data;
        spread.UnitCount = spans;
        Run(team, &AttentionJob.Compute, spread);
        Run(team, &AttentionJob.Merge, job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _units.Dispose();
        _spans.Dispose();
        _partials.Dispose();
        _scratch.Dispose();
    }

    private static void Run(ThreadTeam team, delegate*<int, void*, void> body, AttentionJob job)
    {
        if (job.UnitCount <= 1)
            body(0, &job);
        else
            team.Run(body, &job);
    }

    /// <summary>Cuts the step into units that have all chunks their rows see.</summary>
    private int Cut(CpuStep step, int kvHeads, int rows, int window)
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
            SequenceSlice sequence = step.Sequences[i];
            for (int first = (sequence.RowCount - 1) / rows * rows; first >= 0; first -= rows)
            {
                int rowCount = int.Min(rows, sequence.RowCount - first);
                int firstChunk = int.Max(0, sequence.FirstPosition + first - window + 1) / CacheReader.ChunkSize;
                int chunks = (sequence.FirstPosition + first + rowCount + CacheReader.ChunkSize - 1) / CacheReader.ChunkSize;
                for (int head = 0; head < kvHeads; head++)
                    *units++ = new AttentionUnit(i, first, rowCount, head, firstChunk, chunks - firstChunk);
            }
        }

        return checked((int)count);
    }

    /// <summary>Cuts units into spans of chunks and gives the partials their places; 0 where all units are short.</summary>
    private int Spread(int units, int group, nint stride)
    {
        var whole = (AttentionUnit*)_units.Data;
        int count = 0;
        int longest = 0;
        nint floats = 0;
        for (int i = 0; i < units; i++)
        {
            longest = int.Max(longest, whole[i].ChunkCount);
            count += (whole[i].ChunkCount + ChunksPerSpan - 1) / ChunksPerSpan;
            floats += whole[i].ChunkCount * AttentionPartial.Floats(whole[i].RowCount * group, stride);
        }

        if (longest <= ChunksPerSpan)
            return 0;

        _partials.Reserve((nuint)floats * sizeof(float));
        _spans.Reserve((nuint)(count * sizeof(AttentionUnit)));
        var spans = (AttentionUnit*)_spans.Data;
        nint place = 0;
        for (int i = 0; i < units; i++)
        {
            AttentionUnit unit = whole[i];
            nint partial = AttentionPartial.Floats(unit.RowCount * group, stride);
            whole[i] = unit with { Partials = place };
            for (int first = 0; first < unit.ChunkCount; first += ChunksPerSpan)
            {
                int chunks = int.Min(ChunksPerSpan, unit.ChunkCount - first);
                *spans++ = unit with { FirstChunk = unit.FirstChunk + first, ChunkCount = chunks, Partials = place + first * partial };
            }

            place += unit.ChunkCount * partial;
        }

        return count;
    }
}

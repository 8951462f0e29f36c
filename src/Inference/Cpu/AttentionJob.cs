using System.Runtime.Intrinsics;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>One run of attention, as the workers see it.</summary>
internal unsafe struct AttentionJob
{
    private const int ChunkSize = CacheReader.ChunkSize;

    public float* Queries;
    public float* Destination;
    public int Heads;
    public int Group;
    public int HeadSize;
    public float Scale;

    /// <summary>0 for none.</summary>
    public float SoftCap;

    /// <summary>Positions that a row sees, its own and those before it.</summary>
    public int Window;

    /// <summary>A score of each query head without a value, or null.</summary>
    public float* Sinks;

    public CacheLayout Cache;
    public int Layer;
    public SequenceSlice* Sequences;
    public int* Blocks;
    public AttentionUnit* Units;
    public int UnitCount;
    public AttentionDirect Direct;
    public bool Assembled;
    public AttentionScratch Scratch;
    public float* ScratchMemory;
    public float* Partials;
    private int _taken;

    /// <summary>Computes units until none are left.</summary>
    public static void Compute(int worker, void* state)
    {
        ref AttentionJob job = ref *(AttentionJob*)state;
        float* scratch = job.ScratchMemory + worker * job.Scratch.Floats;
        for (int unit; (unit = Interlocked.Increment(ref job._taken) - 1) < job.UnitCount;)
            job.Compute(unit, scratch);
    }

    /// <summary>Merges the partials of units that others computed, until no unit is left.</summary>
    public static void Merge(int worker, void* state)
    {
        ref AttentionJob job = ref *(AttentionJob*)state;
        float* scratch = job.ScratchMemory + worker * job.Scratch.Floats;
        for (int unit; (unit = Interlocked.Increment(ref job._taken) - 1) < job.UnitCount;)
            job.Merge(job.Units[unit], scratch);
    }

    private readonly void Compute(int index, float* scratch)
    {
        AttentionUnit unit = Units[index];
        SequenceSlice sequence = Sequences[unit.Sequence];
        int firstRow = sequence.FirstRow + unit.FirstRow;
        int firstPosition = sequence.FirstPosition + unit.FirstRow;
        int queryCount = unit.RowCount * Group;
        var queries = (float**)(scratch + Scratch.Queries);
        for (int query = 0; query < queryCount; query++)
            queries[query] = Queries + Offset(firstRow + query / Group, unit.KvHead * Group + query % Group);
        bool direct = unit.RowCount == 1 && Direct.IsSupported;
        if (direct)
            Direct.Arrange(queries[0], scratch + Scratch.Chunk);

        bool merges = unit.Partials < 0;
        var part = new AttentionPartial(scratch + Scratch.ChunkPartial, queryCount, Scratch.Stride);
        var total = new AttentionPartial(scratch + Scratch.Total, queryCount, Scratch.Stride);
        total.Clear(queryCount);
        CacheChunk place = FirstChunk(unit);
        // Another worker may take the next unit, but some unit follows, and this one is the best guess.
        CacheChunk then = index + 1 < UnitCount ? FirstChunk(Units[index + 1]) : default;
        for (int chunk = 0; chunk < unit.ChunkCount; chunk++)
        {
            int first = place.First;
            int from = FirstQuery(first, firstPosition);
            int to = EndQuery(first, firstPosition, queryCount);
            if (!merges)
                part = Partial(unit, chunk, queryCount);
            if (direct)
                ComputeDirect(place, chunk + 1 < unit.ChunkCount ? place.Following : then, firstPosition, scratch, part);
            else
                ComputeDecoded(place, firstPosition, from, to, scratch, part);
            place = place.Following;
            if (merges)
                total.Merge(part, from, to);
        }

        if (merges)
            Finish(total, unit, queryCount);
    }

    private readonly void Merge(in AttentionUnit unit, float* scratch)
    {
        int firstPosition = Sequences[unit.Sequence].FirstPosition + unit.FirstRow;
        int queryCount = unit.RowCount * Group;
        var total = new AttentionPartial(scratch + Scratch.Total, queryCount, Scratch.Stride);
        total.Clear(queryCount);
        for (int chunk = 0; chunk < unit.ChunkCount; chunk++)
        {
            int first = (unit.FirstChunk + chunk) * ChunkSize;
            total.Merge(Partial(unit, chunk, queryCount), FirstQuery(first, firstPosition), EndQuery(first, firstPosition, queryCount));
        }

        Finish(total, unit, queryCount);
    }

    private readonly void Finish(in AttentionPartial total, in AttentionUnit unit, int queryCount)
    {
        int firstRow = Sequences[unit.Sequence].FirstRow + unit.FirstRow;
        for (int query = 0; query < queryCount; query++)
        {
            int head = unit.KvHead * Group + query % Group;
            float weight = total.Weight[query];
            // A sink far above all scores leaves nothing of the values: the exponential is infinite then.
            if (Sinks is not null)
                weight += Exponential.Exp(Vector512.Create(Sinks[head] - total.Largest[query] * Exponential.Ln2))[0];
            Vector512<float> factor = Vector512.Create(1 / weight);
            float* destination = Destination + Offset(firstRow + query / Group, head);
            for (nint i = 0; i < HeadSize; i += Lanes.Count)
                Lanes.Store(Vector512.Load(total.Sums + query * total.Stride + i) * factor, destination + i, HeadSize - i);
        }
    }

    private readonly AttentionPartial Partial(in AttentionUnit unit, int chunk, int queryCount) =>
        new(Partials + unit.Partials + chunk * AttentionPartial.Floats(queryCount, Scratch.Stride), queryCount, Scratch.Stride);

    // Rows before a chunk do not see it.
    private readonly int FirstQuery(int first, int firstPosition) => int.Max(0, first - firstPosition) * Group;

    // Rows whose window begins behind a chunk do not see it either.
    private readonly int EndQuery(int first, int firstPosition, int queryCount) =>
        (int)long.Min(queryCount, ((long)first + ChunkSize - firstPosition + Window - 1) * Group);

    private readonly CacheChunk FirstChunk(in AttentionUnit unit)
    {
        SequenceSlice sequence = Sequences[unit.Sequence];
        int end = sequence.FirstPosition + unit.FirstRow + unit.RowCount;
        return new CacheChunk(Layer, unit.KvHead, Blocks + sequence.FirstBlock, unit.FirstChunk * ChunkSize, end);
    }

    private readonly nint Offset(int row, int head) => ((nint)row * Heads + head) * HeadSize;

    private readonly void ComputeDirect(in CacheChunk place, in CacheChunk next, int position, float* scratch, in AttentionPartial part)
    {
        float* scores = scratch + Scratch.Scores;
        Direct.Score(scratch + Scratch.Chunk, place, next, scores);
        Soften(scores, Group, Hidden(place.First, position, 0), place.Count, part.Largest, part.Weight);
        Direct.Accumulate(scores, place, next, part.Sums);
    }

    private readonly void ComputeDecoded(in CacheChunk place, int firstPosition, int from, int to, float* scratch, in AttentionPartial part)
    {
        float* chunk = scratch + Scratch.Chunk;
        float* scores = scratch + Scratch.Scores;
        int first = place.First;
        // While the processor computes, memory brings what comes next: this chunk's values, then the next chunk's keys.
        CacheReader.Prefetch(Cache, Layer, place.KvHead + Cache.KvHeads, place.Blocks, first, place.Count);
        CacheReader.ReadKeys(Cache, Layer, place.KvHead, place.Blocks, first, place.Count, chunk, Assembled);
        var queries = (float**)(scratch + Scratch.Queries);
        // Rows that see no more than half of a chunk are spared the other half.
        int few = (int)long.Clamp(((long)first + ChunkSize / 2 - firstPosition) * Group, from, to);
        AttentionTiles.Score(queries + from, few - from, chunk, HeadSize, int.Min(place.Count, ChunkSize / 2), scores + from * ChunkSize);
        AttentionTiles.Score(queries + few, to - few, chunk, HeadSize, place.Count, scores + few * ChunkSize);
        for (int query = from, count; query < to; query += count)
        {
            int hidden = Hidden(first, firstPosition, query);
            int visible = Visible(first, firstPosition, query);
            count = hidden > 0 || visible < ChunkSize ? Group : int.Min(to, WholeEnd(first, firstPosition)) - query;
            Soften(scores + query * ChunkSize, count, hidden, visible, part.Largest + query, part.Weight + query);
        }

        CacheChunk following = place.Following;
        if (following.Count > 0)
            CacheReader.Prefetch(Cache, Layer, place.KvHead, place.Blocks, following.First, following.Count);
        CacheReader.ReadValues(Cache, Layer, place.KvHead, place.Blocks, first, place.Count, chunk, Scratch.Stride, Assembled);
        Accumulate(scores, from, to, chunk, first, firstPosition, place.Count, part);
    }

    /// <summary>Adds a chunk's weighted values, to queries together that see the same positions; behind those, to each alone.</summary>
    private readonly void Accumulate(float* weights, int from, int to, float* values, int first, int firstPosition, int count, in AttentionPartial part)
    {
        nint stride = Scratch.Stride;
        for (int query = from, together; query < to; query += together)
        {
            int common = Visible(first, firstPosition, query);
            together = common == count ? to - query : int.Min(AttentionTiles.Queries, to - query);
            AttentionTiles.Accumulate(weights + query * ChunkSize, together, values, stride, 0, common, part.Sums + query * stride);
            for (int later = query + 1; later < query + together && common < count; later++)
            {
                int visible = Visible(first, firstPosition, later);
                if (visible > common)
                    AttentionTiles.Accumulate(weights + later * ChunkSize, 1, values, stride, common, visible, part.Sums + later * stride);
            }
        }
    }

    /// <summary>Turns scores into weights, of queries that see the same positions of a chunk.</summary>
    private readonly void Soften(float* scores, int count, int hidden, int visible, float* largest, float* weights)
    {
        for (int query = 0; query < count && SoftCap != 0; query++)
            Softmax.Cap(scores + query * ChunkSize, visible, Scale, SoftCap);
        float scale = (SoftCap != 0 ? 1 : Scale) * Exponential.Log2E;
        if (hidden == 0 && visible == ChunkSize)
        {
            Softmax.SoftenWhole(scores, count, scale, largest, weights);
            return;
        }

        for (int query = 0; query < count; query++)
            (largest[query], weights[query]) = Softmax.Soften(scores + query * ChunkSize, hidden, visible, scale);
    }

    /// <summary>One past the last query whose window begins at a chunk's first position or before it.</summary>
    private readonly int WholeEnd(int first, int firstPosition) => (int)long.Min(int.MaxValue, ((long)first + Window - firstPosition) * Group);

    /// <summary>How many positions at the beginning of a chunk lie before a query's window.</summary>
    private readonly int Hidden(int first, int firstPosition, int query) =>
        int.Max(0, firstPosition + query / Group + 1 - Window - first);

    /// <summary>Where the positions of a chunk that a query sees end.</summary>
    private readonly int Visible(int first, int firstPosition, int query) =>
        int.Min(ChunkSize, firstPosition + query / Group - first + 1);
}

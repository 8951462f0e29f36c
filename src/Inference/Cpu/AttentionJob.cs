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
            float* destination = Destination + Offset(firstRow + query / Group, head);
            Vector512<float> weight = Vector512.Create(total.Weight[query]);
            // A sink far above all scores leaves nothing of the values: the exponential is infinite then.
            if (Sinks is not null)
                weight += Exponential.Exp(Vector512.Create(Sinks[head] - total.Largest[query]));
            for (nint i = 0; i < HeadSize; i += Lanes.Count)
                Lanes.Store(Vector512.Load(total.Sums + query * total.Stride + i) / weight, destination + i, HeadSize - i);
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
        int hidden = Hidden(place.First, position, 0);
        for (int query = 0; query < Group; query++)
            (part.Largest[query], part.Weight[query]) = Soften(scores + query * ChunkSize, hidden, place.Count);
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
        AttentionTiles.Score((float**)(scratch + Scratch.Queries) + from, to - from, chunk, HeadSize, place.Count, scores + from * ChunkSize);
        for (int query = from; query < to; query++)
        {
            int visible = Visible(first, firstPosition, query);
            (part.Largest[query], part.Weight[query]) = Soften(scores + query * ChunkSize, Hidden(first, firstPosition, query), visible);
        }

        CacheChunk following = place.Following;
        if (following.Count > 0)
            CacheReader.Prefetch(Cache, Layer, place.KvHead, place.Blocks, following.First, following.Count);
        CacheReader.ReadValues(Cache, Layer, place.KvHead, place.Blocks, first, place.Count, chunk, Scratch.Stride, Assembled);
        // All rows see as much as the first one does; then each goes on alone.
        int common = Visible(first, firstPosition, from);
        AttentionTiles.Accumulate(scores + from * ChunkSize, to - from, chunk, Scratch.Stride, 0, common, part.Sums + from * Scratch.Stride);
        for (int query = from; query < to && common < place.Count; query += Group)
        {
            int visible = Visible(first, firstPosition, query);
            if (visible > common)
                AttentionTiles.Accumulate(scores + query * ChunkSize, Group, chunk, Scratch.Stride, common, visible, part.Sums + query * Scratch.Stride);
        }
    }

    private readonly (float Largest, float Weight) Soften(float* scores, int hidden, int visible)
    {
        if (SoftCap == 0)
            return Softmax.Soften(scores, hidden, visible, Scale);
        Softmax.Cap(scores, visible, Scale, SoftCap);
        return Softmax.Soften(scores, hidden, visible, 1);
    }

    /// <summary>How many positions at the beginning of a chunk lie before a query's window.</summary>
    private readonly int Hidden(int first, int firstPosition, int query) =>
        int.Max(0, firstPosition + query / Group + 1 - Window - first);

    /// <summary>Where the positions of a chunk that a query sees end.</summary>
    private readonly int Visible(int first, int firstPosition, int query) =>
        int.Min(ChunkSize, firstPosition + query / Group - first + 1);
}

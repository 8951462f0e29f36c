using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>Launches what reads and writes the cache. Kernels are compiled when a cache of their type is first used.</summary>
internal sealed class AttentionKernels(ComputeQueue queue) : IDisposable
{
    /// <summary>Positions whose part of a softmax is computed for itself.</summary>
    public const int ChunkSize = 256;

    /// <summary>Threads for a row and head.</summary>
    public const int GroupSize = 32;

    /// <summary>Elements a head, at most.</summary>
    public const int MostHeadSize = 512;

    /// <summary>Groups that fill a card: with fewer, chunks are spread.</summary>
    private const int EnoughGroups = 1024;

    /// <summary>Floats that what is spread may take, at most; with more it is not.</summary>
    private const long MostRoom = 1 << 26;

    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int, int, int>> _rotate =
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int, int, int>(RotateKernel.Run));
    private readonly Dictionary<Rope, RopeTable> _ropes = new(ReferenceEqualityComparer.Instance);
    private readonly CacheKernels?[] _kernels = new CacheKernels?[3];
    private readonly GrowingBuffer<float> _parts = new(queue, "attention");
    private int _moves;
    private TileKernels? _tiles;

    /// <summary>Groups of eight warps that fill a card: with fewer, chunks are spread.</summary>
    public int EnoughTiles { get; init; } = 256;

    /// <summary>Changes when memory that launches name has moved.</summary>
    public int Version => _parts.Version + _moves;

    /// <summary>A bucket of lengths: launches for all lengths in it are the same.</summary>
    public static int LengthBucket(int length) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, ChunkSize));

    /// <summary>Has what a cache takes compiled when there is time.</summary>
    public void Expect(KvCacheShape shape)
    {
        _rotate.Expect();
        if (IlgpuKvCache.SuitsTensorCores(queue, shape))
            Tiles.Expect();
        else
            Kernels(shape.Type).Expect();
    }

    /// <summary>Turns queries and keys, and stores keys and values.</summary>
    public void RotateAndStore(ArrayView<float> queries, ArrayView<float> keys, ArrayView<float> values, Rope? rope, AttentionShape shape, IlgpuKvCache cache, int layer, StepBuffers step)
    {
        if (step.Rows == 0)
            return;
        if (rope is { InverseFrequencies.Length: > 0 })
        {
            if (!_ropes.TryGetValue(rope, out RopeTable? table))
                _ropes.Add(rope, table = new RopeTable(queue, rope));
            ArrayView<float> angles = table.View(step.MaxLength, out bool moved);
            _moves += moved ? 1 : 0;
            int slots = step.Rows * (shape.Heads + shape.KvHeads);
            _rotate.Launch(queue.Stream, slots * table.Pairs, queries, keys, step.Positions, angles, shape.Heads, shape.KvHeads, shape.HeadSize, table.Pairs, rope.Kind == RopeKind.Halves ? 1 : 0);
        }

        int groups = step.Rows * shape.KvHeads * ((shape.HeadSize + 31) / 32);
        var store = cache.IsTiled ? Tiles.Store : Kernels(cache.Shape.Type).Store;
        store.Launch(queue.Stream, groups, keys, values, step.Positions, step.RowSequences, step.Sequences, step.Blocks, cache.View(layer), shape.KvHeads);
    }

    /// <summary>Attention of every row of the step.</summary>
    /// <exception cref="NotSupportedException">Heads are larger than any model's.</exception>
    public void Attend(ArrayView<float> queries, AttentionShape shape, ArrayView<float>? sinks, IlgpuKvCache cache, int layer, ArrayView<float> destination, StepBuffers step)
    {
        if (step.Rows == 0)
            return;
        if (shape.HeadSize > MostHeadSize)
            throw new NotSupportedException($"The GPU device has heads of at most {MostHeadSize} elements, not {shape.HeadSize}.");
        AttentionView attention = new()
        {
            Queries = queries,
            Output = destination,
            Positions = step.Positions,
            RowSequences = step.RowSequences,
            Sequences = step.Sequences,
            Blocks = step.Blocks,
            Sinks = sinks ?? queries,
            Heads = shape.Heads,
            HeadsPerKey = shape.Heads / shape.KvHeads,
            Scale = shape.Scale,
            SoftCap = shape.SoftCap,
            Window = shape.Window ?? int.MaxValue,
            HasSinks = sinks is null ? 0 : 1,
        };
        int chunks = LengthBucket(step.MaxLength) / ChunkSize;
        if (cache.IsTiled)
            AttendTiles(attention, shape, cache, layer, step.Rows, chunks);
        else
            AttendRows(attention, shape, cache, layer, step.Rows, chunks);
    }

    public void Dispose()
    {
        _parts.Dispose();
        foreach (RopeTable table in _ropes.Values)
            table.Dispose();
    }

    private void AttendRows(AttentionView attention, AttentionShape shape, IlgpuKvCache cache, int layer, int rows, int chunks)
    {
        CacheKernels kernels = Kernels(cache.Shape.Type);
        CacheView view = cache.View(layer);
        int groups = rows * shape.Heads;
        long room = (long)groups * chunks * (shape.HeadSize + 2);
        if (chunks == 1 || groups >= EnoughGroups || room > MostRoom)
        {
            kernels.Walk.Launch(queue.Stream, (groups, GroupSize), attention, view);
            return;
        }

        ArrayView<float> parts = _parts.View(room);
        kernels.Spread.Launch(queue.Stream, (new Index2D(groups, chunks), new Index2D(GroupSize, 1)), attention, view, parts);
        kernels.Combine.Launch(queue.Stream, (groups, GroupSize), attention, view, parts, chunks);
    }

    private void AttendTiles(AttentionView attention, AttentionShape shape, IlgpuKvCache cache, int layer, int rows, int chunks)
    {
        CacheView view = cache.View(layer);
        Index2D grid = new(rows, shape.KvHeads * QueryTile.TilesPerKey(attention.HeadsPerKey));
        int groups = rows * shape.Heads;
        long room = (long)groups * chunks * (shape.HeadSize + 2);
        if (chunks == 1 || grid.X / QueryTile.RowsPerTile(attention.HeadsPerKey) * grid.Y >= EnoughTiles || room > MostRoom)
        {
            Tiles.Walk.Launch(queue.Stream, (grid, new Index2D(TileAttendKernel.GroupSize, 1)), attention, view, cache.Quads);
            return;
        }

        ArrayView<float> parts = _parts.View(room);
        Tiles.Spread.Launch(queue.Stream, (new Index3D(grid.X, grid.Y, chunks), new Index3D(TileAttendKernel.GroupSize, 1, 1)), attention, view, cache.Quads, parts);
        Tiles.Combine.Launch(queue.Stream, (groups, GroupSize), attention, view, parts, chunks);
    }

    private TileKernels Tiles => _tiles ??= new TileKernels(queue);

    private CacheKernels Kernels(KvCacheType type) => _kernels[(int)type] ??= CacheKernels.Load(queue, type);
}

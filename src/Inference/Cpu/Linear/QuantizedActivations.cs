using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>The input of linear layers in the forms that they read: memory that is filled anew for every input and grows to the largest.</summary>
/// <remarks>
/// Quantised rows are stored in tiles of at most 16 rows (the last one may be lower), a tile block of columns by block of columns: what
/// a kernel reads in a row is consecutive. Rows of floats are stored in tiles of at most 12, column by column, unless there is only one;
/// rows of pairs likewise.
/// Not thread-safe.
/// </remarks>
internal sealed unsafe class QuantizedActivations : IDisposable
{
    /// <summary>The most rows in a tile.</summary>
    public const int TileRows = 16;

    /// <summary>The most rows in a tile of floats: their sums for two panels fit 32 registers.</summary>
    public const int FloatTileRows = 12;

    // Of quantising an element, and of computing it first, in elements read or written.
    private const int QuantizingCost = 2;
    private const int ComputingCost = 2;
    private const int TilingCost = 2;

    private readonly NativeBuffer _floats = new();
    private readonly NativeBuffer _pairs = new();
    private readonly NativeBuffer _jobs = new();
    private readonly NativeBuffer _panels = new();
    private InputBlock* _blocks;
    private nint _capacity;

    /// <summary>The first tile of the quantised rows.</summary>
    public InputBlock* Blocks => _blocks;

    /// <summary>The first tile of the rows as floats; null where nothing reads them.</summary>
    public float* Values { get; private set; }

    /// <summary>The first tile of the rows as pairs of bfloat16; anything where nothing reads them.</summary>
    public uint* Pairs => (uint*)_pairs.Data;

    /// <summary>Rows in a tile, the last one aside: as even as can be, because a tile of one row takes nearly as long as one of two.</summary>
    /// <param name="rows">Rows of the input.</param>
    public static int TileHeight(int rows) => Height(rows, TileRows);

    /// <summary>Rows in a tile of floats, the last one aside.</summary>
    /// <param name="rows">Rows of the input.</param>
    public static int FloatTileHeight(int rows) => Height(rows, FloatTileRows);

    /// <summary>Memory for the descriptions of layers, where there are too many for the stack.</summary>
    /// <param name="count">Layers.</param>
    public LinearJob* Jobs(int count)
    {
        _jobs.Reserve(checked((nuint)count * (nuint)sizeof(LinearJob)));
        return (LinearJob*)_jobs.Data;
    }

    /// <summary>Memory for the panels of streamed matrices.</summary>
    /// <param name="bytes">Of all workers together.</param>
    public byte* Panels(nint bytes)
    {
        _panels.Reserve((nuint)bytes);
        return _panels.Data;
    }

    /// <summary>Quantises an input, on all threads of a team where that is worth it.</summary>
    /// <param name="team">Computes.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns, a multiple of 32.</param>
    public void Quantize(ThreadTeam team, float* input, int rows, int columns) =>
        Prepare(team, new LinearInput(input, rows, columns), asFloats: false, asPairs: false, quantized: true);

    /// <summary>Brings an input into the forms asked for, on all threads of a team where that is worth it. Each group has tiles of its own, one group behind the other.</summary>
    /// <param name="team">Computes.</param>
    /// <param name="input">The rows; a multiple of 32 columns where they are quantised.</param>
    /// <param name="asFloats">Whether <see cref="Values"/> are wanted.</param>
    /// <param name="asPairs">Whether <see cref="Pairs"/> are wanted.</param>
    /// <param name="quantized">Whether <see cref="Blocks"/> are wanted.</param>
    public void Prepare(ThreadTeam team, in LinearInput input, bool asFloats, bool asPairs, bool quantized)
    {
        bool tiled = asFloats && input.Rows > 1;
        Values = asFloats ? input.Values : null;
        if (input.Values != null && !quantized && !tiled && !asPairs)
            return;

        nint stride = (input.Columns + 15) & ~15;
        nint tiledLength = tiled ? (nint)input.Rows * input.Columns : 0;
        _floats.Reserve((nuint)((tiledLength + (input.Values == null ? stride * team.Count : 0)) * sizeof(float)));
        float* workerRows = (float*)_floats.Data + tiledLength;
        if (tiled)
            Values = (float*)_floats.Data;
        else if (asFloats && input.Values == null)
            Values = workerRows;

        if (quantized)
            Reserve(input.Rows, input.Columns);
        int lanes = BFloatInput.Pairs(input.Columns);
        nint pairsLength = asPairs ? (nint)input.Rows * lanes : 0;
        if (asPairs)
            _pairs.Reserve((nuint)((pairsLength + (nint)lanes * team.Count) * sizeof(uint)));
        int cost = (tiled ? TilingCost : 0) + (asPairs ? TilingCost : 0) + (quantized ? QuantizingCost : 0) + (input.Values == null ? ComputingCost : 0);
        var job = new Job
        {
            Input = input,
            Values = tiled ? Values : null,
            WorkerRows = workerRows,
            // The only row is read where it is computed.
            WorkerStride = input.Rows > 1 ? stride : 0,
            Pairs = asPairs ? Pairs : null,
            WorkerPairs = Pairs + pairsLength,
            Blocks = quantized ? _blocks : null,
            Share = new WorkShare(team, input.Rows, (nint)input.Columns * cost),
        };
        job.Share.Run(team, &Body, &job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _floats.Dispose();
        _pairs.Dispose();
        _jobs.Dispose();
        _panels.Dispose();
        NativeMemory.AlignedFree(_blocks);
        _blocks = null;
        _capacity = 0;
    }

    private void Reserve(int rows, int columns)
    {
        nint needed = (nint)rows * (columns / PanelLayout.BlockColumns);
        if (needed <= _capacity)
            return;

        NativeMemory.AlignedFree(_blocks);
        _blocks = null;
        _capacity = 0;
        _blocks = (InputBlock*)NativeMemory.AlignedAlloc(checked((nuint)needed * InputBlock.Bytes), InputBlock.Bytes);
        _capacity = needed;
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        int end = (int)job.Share.First(worker + 1);
        for (int row = (int)job.Share.First(worker); row < end; row++)
        {
            float* values = job.Input.Values != null ? job.Input.Values + (nint)row * job.Input.Columns : job.WorkerRows + worker * job.WorkerStride;
            if (job.Input.Values == null)
                job.Input.Compute(job.Input.State, row, values);
            RowGroup group = job.Input.GroupOf(row);
            if (job.Values != null)
                TileRow(job.Values + (nint)group.First * job.Input.Columns, values, row - group.First, group.Count, job.Input.Columns);
            if (job.Pairs != null)
            {
                int lanes = BFloatInput.Pairs(job.Input.Columns);
                uint* pairs = job.WorkerPairs + (nint)worker * lanes;
                BFloatInput.Round(values, pairs, job.Input.Columns);
                TileRow((float*)job.Pairs + (nint)group.First * lanes, (float*)pairs, row - group.First, group.Count, lanes);
            }

            int blocks = job.Input.Columns / PanelLayout.BlockColumns;
            if (job.Blocks != null)
                QuantizeRow(job.Blocks + (nint)group.First * blocks, values, row - group.First, group.Count, blocks);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void QuantizeRow(InputBlock* destination, float* source, int row, int rows, int blocks)
    {
        int height = TileHeight(rows);
        int tileStart = row / height * height;
        int step = Math.Min(height, rows - tileStart);
        InputBlock* block = destination + (nint)tileStart * blocks + (row - tileStart);
        for (int i = 0; i < blocks; i++, block += step, source += PanelLayout.BlockColumns)
            InputBlock.Quantize(source, block);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TileRow(float* destination, float* source, int row, int rows, int columns)
    {
        int height = FloatTileHeight(rows);
        int tileStart = row / height * height;
        nint step = Math.Min(height, rows - tileStart);
        float* place = destination + (nint)tileStart * columns + (row - tileStart);
        for (int i = 0; i < columns; i++, place += step)
            *place = source[i];
    }

    private static int Height(int rows, int most)
    {
        int tiles = (rows + most - 1) / most;
        return tiles == 0 ? most : (rows + tiles - 1) / tiles;
    }

    private struct Job
    {
        public LinearInput Input;
        public float* Values;
        public float* WorkerRows;
        public nint WorkerStride;
        public uint* Pairs;
        public uint* WorkerPairs;
        public InputBlock* Blocks;
        public WorkShare Share;
    }
}

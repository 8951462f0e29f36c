namespace Inference.Cpu.Linear;

/// <summary>Linear layers on all threads of a team: output = input x weightᵀ + bias.</summary>
/// <remarks>
/// An element of the output is computed in one order of additions whatever else is computed: see <see cref="QuantizedKernel{TLanes, T, TCodes, TScales}"/>
/// and <see cref="FloatKernel{TLanes, T, TFloats}"/>. For quantised matrices the input is quantised to signed bytes in blocks of 32
/// columns, once for all layers that read it.
/// </remarks>
internal static unsafe class LinearKernel
{
    // What a worker keeps in its second-level cache of the quantised input while it walks over panels.
    private const int InputCacheBytes = 512 * 1024;
    // Less than this is not worth handing to another thread.
    private const int SmallestChunkBytes = 32 * 1024;
    private const int ChunksPerWorker = 6;

    /// <summary>Computes layers that read the same input.</summary>
    /// <param name="team">Computes.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="rows">Rows of the input; 0 computes nothing.</param>
    /// <param name="columns">Columns of the input and of every matrix.</param>
    /// <param name="scratch">Holds the quantised input meanwhile.</param>
    /// <param name="calls">The layers.</param>
    /// <exception cref="ArgumentException">A matrix has another number of columns.</exception>
    public static void Run(ThreadTeam team, float* input, int rows, int columns, QuantizedActivations scratch, ReadOnlySpan<LinearCall> calls)
    {
        if (rows == 0 || calls.IsEmpty)
            return;

        bool quantizes = false;
        foreach (LinearCall call in calls)
        {
            if (call.Weight.Columns != columns)
                throw new ArgumentException($"The input has {columns} columns and a matrix has {call.Weight.Columns}.", nameof(calls));
            quantizes |= call.Weight.Layout.IsQuantized;
        }

        if (quantizes)
            scratch.Quantize(team, input, rows, columns);

        LinearJob* jobs = stackalloc LinearJob[calls.Length];
        var run = new LinearRun { Jobs = jobs, JobCount = calls.Length };
        int chunkRows = RowsInCache(rows, columns);
        for (int i = 0; i < calls.Length; i++)
        {
            LinearCall call = calls[i];
            PackedMatrix weight = call.Weight;
            jobs[i] = new LinearJob
            {
                Kernel = weight.Kernel,
                Task = new PanelTask
                {
                    Panels = weight.Panels,
                    PanelBytes = weight.PanelBytes,
                    SuperColumns = weight.Layout.SuperColumns,
                    Tiles = weight.Tiles,
                    MatrixRows = weight.Rows,
                    Columns = columns,
                    Input = input,
                    QuantizedInput = scratch.Blocks,
                    InputRows = rows,
                    Bias = call.Bias,
                    Output = call.Output,
                    OutputStride = call.OutputStride,
                },
                ChunkRows = chunkRows,
                ChunkPanels = PanelsInChunk(weight, rows, team.Count),
                PanelCount = weight.PanelCount,
            };
            run.ChunkCount += jobs[i].ChunkCount;
        }

        if (run.ChunkCount == 1)
            LinearRun.Work(0, &run);
        else
            team.Run(&LinearRun.Work, &run);
        foreach (LinearCall call in calls)
            GC.KeepAlive(call.Weight);
    }

    private static int RowsInCache(int rows, int columns)
    {
        const int Tile = QuantizedActivations.TileRows;
        long rowBytes = Math.Max(1, (long)columns / PanelLayout.BlockColumns * InputBlock.Bytes);
        long fitting = Math.Max(Tile, InputCacheBytes / rowBytes / Tile * Tile);
        return (int)Math.Min(fitting, ((long)rows + Tile - 1) / Tile * Tile);
    }

    private static int PanelsInChunk(PackedMatrix weight, int rows, int workers)
    {
        if (workers == 1)
            return weight.PanelCount;

        long smallest = SmallestChunkBytes / (weight.PanelBytes * Math.Min(rows, 16)) + 1;
        return (int)Math.Min(weight.PanelCount, Math.Max(smallest, weight.PanelCount / (workers * ChunksPerWorker)));
    }
}

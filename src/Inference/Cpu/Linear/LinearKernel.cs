namespace Inference.Cpu.Linear;

/// <summary>Linear layers on all threads of a team: output = input x weightᵀ + bias.</summary>
/// <remarks>
/// An element of the output is computed in one order of additions whatever else is computed: see <see cref="QuantizedKernel{TLanes, T, TCodes, TScales}"/>
/// and <see cref="FloatKernel{TLanes, T, TFloats}"/>. For quantised matrices the input is quantised to signed bytes in blocks of 32
/// columns, for those of bfloat16 rounded to bfloat16, once for all layers that read it.
/// </remarks>
internal static unsafe class LinearKernel
{
    // What a worker keeps in its second-level cache of the quantised input while it walks over panels.
    private const int InputCacheBytes = 512 * 1024;
    // Tiles of floats that pass by a run of weights, and their sums with them, while it is in the cache.
    private const int FloatTilesInChunk = 10;
    // Panels of plain numbers are computed together: so many.
    private const int FloatPanelStep = 4;
    // Layers described on the stack; mixtures of experts have more.
    private const int JobsOnStack = 8;
    // Less than this is not worth handing to another thread.
    private const int SmallestChunkBytes = 8 * 1024;

    /// <summary>Computes layers that read the same input.</summary>
    /// <param name="team">Computes.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="rows">Rows of the input; 0 computes nothing.</param>
    /// <param name="columns">Columns of the input and of every matrix.</param>
    /// <param name="scratch">Holds the quantised input meanwhile.</param>
    /// <param name="calls">The layers.</param>
    /// <exception cref="ArgumentException">A matrix has another number of columns.</exception>
    public static void Run(ThreadTeam team, float* input, int rows, int columns, QuantizedActivations scratch, ReadOnlySpan<LinearCall> calls) =>
        Run(team, new LinearInput(input, rows, columns), scratch, calls);

    /// <inheritdoc cref="Run(ThreadTeam, float*, int, int, QuantizedActivations, ReadOnlySpan{LinearCall})"/>
    public static void Run(ThreadTeam team, in LinearInput input, QuantizedActivations scratch, ReadOnlySpan<LinearCall> calls)
    {
        if (input.Rows == 0 || calls.IsEmpty)
            return;

        (bool asFloats, bool asPairs, bool quantized) = (false, false, false);
        foreach (LinearCall call in calls)
        {
            if (call.Weight.Columns != input.Columns)
                throw new ArgumentException($"The input has {input.Columns} columns and a matrix has {call.Weight.Columns}.", nameof(calls));
            PanelLayout layout = call.Weight.Layout;
            quantized |= layout.IsQuantized;
            asPairs |= layout.IsPaired;
            asFloats |= !layout.IsQuantized && !layout.IsPaired;
        }

        scratch.Prepare(team, input, asFloats, asPairs, quantized);
        LinearJob* few = stackalloc LinearJob[JobsOnStack];
        LinearJob* jobs = calls.Length <= JobsOnStack ? few : scratch.Jobs(calls.Length);
        var run = new LinearRun { Jobs = jobs, Divisor = team.Count == 1 ? 1 : 2 * team.Count };
        long smallest = long.MaxValue;
        nint made = 0;
        for (int i = 0; i < calls.Length; i++)
        {
            jobs[i] = Describe(input, scratch, calls[i]);
            run.UnitCount = checked(run.UnitCount + jobs[i].UnitCount);
            if (jobs[i].Packer.IsAllocated)
                made = Math.Max(made, jobs[i].ChunkStep * jobs[i].Task.PanelBytes);
            smallest = Math.Min(smallest, jobs[i].SmallestChunk);
        }

        if (made > 0)
        {
            byte* panels = scratch.Panels(checked(team.Count * made));
            for (int i = 0; i < calls.Length; i++)
            {
                jobs[i].Made = panels;
                jobs[i].MadeStride = made;
            }
        }

        if (run.UnitCount <= smallest)
            LinearRun.Work(0, &run);
        else
            team.Run(&LinearRun.Work, &run);
        foreach (LinearCall call in calls)
            GC.KeepAlive(call.Weight);
    }

    private static LinearJob Describe(in LinearInput input, QuantizedActivations scratch, in LinearCall call)
    {
        PackedMatrix weight = call.Weight;
        RowGroup rows = call.Rows ?? new RowGroup(0, input.Rows);
        bool isQuantized = weight.Layout.IsQuantized;
        int lanes = weight.Layout.InputLanes(input.Columns);
        int tileRows = isQuantized ? QuantizedActivations.TileHeight(rows.Count) : QuantizedActivations.FloatTileHeight(rows.Count);
        long unitBytes = weight.PanelBytes * Math.Min(rows.Count, QuantizedActivations.TileRows);
        return new LinearJob
        {
            Kernel = weight.Kernel,
            Task = new PanelTask
            {
                Panels = weight.Panels,
                PanelBytes = weight.PanelBytes,
                SuperColumns = weight.Layout.SuperColumns,
                LaneBytes = weight.Layout.LaneBytes,
                Tiles = weight.Tiles,
                MatrixRows = weight.Rows,
                Columns = lanes,
                Input = (weight.Layout.IsPaired ? (float*)scratch.Pairs : scratch.Values) + (nint)rows.First * lanes,
                QuantizedInput = scratch.Blocks + (nint)rows.First * (input.Columns / PanelLayout.BlockColumns),
                InputRows = rows.Count,
                TileRows = tileRows,
                Bias = call.Bias,
                Output = call.Output + rows.First * call.OutputStride,
                OutputStride = call.OutputStride,
            },
            // A panel that is made is made once.
            ChunkRows = weight.Packer.IsAllocated ? (rows.Count + tileRows - 1) / tileRows * tileRows : isQuantized ? RowsInCache(rows.Count, input.Columns, tileRows) : FloatTilesInChunk * tileRows,
            Packer = weight.Packer,
            ChunkStep = isQuantized ? 1 : FloatPanelStep,
            SmallestChunk = (int)(SmallestChunkBytes / unitBytes) + 1,
            PanelCount = weight.PanelCount,
        };
    }

    private static int RowsInCache(int rows, int columns, int tileRows)
    {
        long rowBytes = Math.Max(1, (long)columns / PanelLayout.BlockColumns * InputBlock.Bytes);
        long fitting = Math.Max(tileRows, InputCacheBytes / rowBytes / tileRows * tileRows);
        return (int)Math.Min(fitting, ((long)rows + tileRows - 1) / tileRows * tileRows);
    }
}

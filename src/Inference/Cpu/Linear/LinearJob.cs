using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>One linear layer of a run. Its units are panels: all of them for the first rows of the input, then for the next ones.</summary>
internal unsafe struct LinearJob
{
    public delegate*<in PanelTask, void> Kernel;

    /// <summary>The layer; which panels and rows to compute is filled in for each chunk.</summary>
    public PanelTask Task;

    /// <summary>Panels of the matrix.</summary>
    public int PanelCount;

    /// <summary>The fewest panels that are worth taking.</summary>
    public int SmallestChunk;

    /// <summary>What panels are taken in multiples of.</summary>
    public int ChunkStep;

    /// <summary>Rows of the input that stay in the cache while the panels pass by; a multiple of the tiles' height.</summary>
    public int ChunkRows;

    /// <summary>Makes the panels that are computed with, where the matrix is streamed; the task has none then.</summary>
    public GCHandle<PanelPacker> Packer;

    /// <summary>Where the first worker's panels are made, at most <see cref="ChunkStep"/> at a time.</summary>
    public byte* Made;

    /// <summary>Bytes from one worker's place to the next one's.</summary>
    public nint MadeStride;

    public readonly int UnitCount => PanelCount * ((Task.InputRows + ChunkRows - 1) / ChunkRows);

    /// <summary>How many units to take from one on: about as many as wanted, for the same rows of the input.</summary>
    public readonly int ChunkFrom(int unit, int wanted) => Math.Min((Math.Max(wanted, SmallestChunk) + ChunkStep - 1) / ChunkStep * ChunkStep, PanelCount - unit % PanelCount);

    /// <summary>Computes units for the same rows of the input.</summary>
    /// <param name="worker">Who computes.</param>
    /// <param name="unit">The first unit.</param>
    /// <param name="count">How many.</param>
    public readonly void Compute(int worker, int unit, int count)
    {
        (int rowChunk, int panel) = Math.DivRem(unit, PanelCount);
        PanelTask task = Task;
        task.FirstPanel = panel;
        task.EndPanel = panel + count;
        task.FirstRow = rowChunk * ChunkRows;
        task.EndRow = Math.Min(task.InputRows, task.FirstRow + ChunkRows);
        if (Packer.IsAllocated)
            ComputeStreamed(worker, task);
        else
            Kernel(in task);
    }

    private readonly void ComputeStreamed(int worker, PanelTask task)
    {
        PanelPacker packer = Packer.Target;
        byte* made = Made + worker * MadeStride;
        int run = PackingJob.PanelsInRun(packer.Matrix);
        int fetched = task.FirstPanel;
        (int panel, int end) = (task.FirstPanel, task.EndPanel);
        packer.Prefetch(panel);
        for (; panel < end; panel = task.EndPanel)
        {
            if (panel >= fetched)
            {
                fetched = Math.Min(panel + run, end);
                packer.Fetch(panel, fetched);
            }

            (task.FirstPanel, task.EndPanel) = (panel, Math.Min(panel + ChunkStep, end));
            // The kernel counts from the matrix's first panel.
            task.Panels = made - panel * task.PanelBytes;
            for (; panel < task.EndPanel; panel++)
            {
                if (panel + 1 < end)
                    packer.Prefetch(panel + 1);
                packer.Pack(panel, task.Panels + panel * task.PanelBytes);
            }

            Kernel(in task);
        }
    }
}

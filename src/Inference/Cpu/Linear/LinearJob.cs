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

    public readonly int UnitCount => PanelCount * ((Task.InputRows + ChunkRows - 1) / ChunkRows);

    /// <summary>How many units to take from one on: about as many as wanted, for the same rows of the input.</summary>
    public readonly int ChunkFrom(int unit, int wanted) => Math.Min((Math.Max(wanted, SmallestChunk) + ChunkStep - 1) / ChunkStep * ChunkStep, PanelCount - unit % PanelCount);

    /// <summary>Computes units for the same rows of the input.</summary>
    public readonly void Compute(int unit, int count)
    {
        (int rowChunk, int panel) = Math.DivRem(unit, PanelCount);
        PanelTask task = Task;
        task.FirstPanel = panel;
        task.EndPanel = panel + count;
        task.FirstRow = rowChunk * ChunkRows;
        task.EndRow = Math.Min(task.InputRows, task.FirstRow + ChunkRows);
        Kernel(in task);
    }
}

namespace Inference.Cpu.Linear;

/// <summary>One linear layer of a run, cut into chunks that workers take one after the other.</summary>
internal unsafe struct LinearJob
{
    public delegate*<in PanelTask, void> Kernel;

    /// <summary>The layer; which panels and rows to compute is filled in for each chunk.</summary>
    public PanelTask Task;

    /// <summary>Panels of the matrix.</summary>
    public int PanelCount;

    /// <summary>Panels in a chunk.</summary>
    public int ChunkPanels;

    /// <summary>Rows of the input in a chunk.</summary>
    public int ChunkRows;

    public readonly int ChunkCount => PanelChunks * ((Task.InputRows + ChunkRows - 1) / ChunkRows);

    private readonly int PanelChunks => (PanelCount + ChunkPanels - 1) / ChunkPanels;

    /// <summary>Computes one chunk. Chunks of the same rows follow each other, so that these rows stay in the cache.</summary>
    public readonly void Compute(int chunk)
    {
        (int rowChunk, int panelChunk) = Math.DivRem(chunk, PanelChunks);
        PanelTask task = Task;
        task.FirstPanel = panelChunk * ChunkPanels;
        task.EndPanel = Math.Min(PanelCount, task.FirstPanel + ChunkPanels);
        task.FirstRow = rowChunk * ChunkRows;
        task.EndRow = Math.Min(task.InputRows, task.FirstRow + ChunkRows);
        Kernel(in task);
    }
}

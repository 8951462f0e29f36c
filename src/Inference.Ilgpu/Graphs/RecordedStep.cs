namespace Inference.Ilgpu.Graphs;

/// <summary>A step's operations, with the graph that repeats them once there is one.</summary>
internal sealed class RecordedStep
{
    public List<StepOperation> Operations { get; } = [];

    /// <summary>0 until the step has been seen twice.</summary>
    public nint Graph { get; set; }

    /// <summary>When it was last used, in steps.</summary>
    public long LastUse { get; set; }
}

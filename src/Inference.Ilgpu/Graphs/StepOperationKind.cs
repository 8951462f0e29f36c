namespace Inference.Ilgpu.Graphs;

/// <summary>The operations of the seam that belong to a step and leave nothing to the host.</summary>
internal enum StepOperationKind
{
    Embed,
    EmbedPositions,
    Normalize,
    Add,
    Scale,
    SoftCap,
    Linear,
    NormalizedLinear,
    GatedLinear,
    MixExperts,
    RotateAndStore,
    Attend,
    Gate,
    SelectRows,
}

using Inference.Execution;

namespace Inference.Cpu;

/// <summary>A <see cref="Norm"/> by its addresses.</summary>
internal unsafe struct CpuNorm
{
    public NormKind Kind;

    public float* Gain;

    /// <summary>As long as the gain, or null; of layer normalisation alone.</summary>
    public float* Bias;

    public float Epsilon;
}

namespace Inference.Execution;

/// <summary>How a row is normalised.</summary>
public enum NormKind
{
    /// <summary>x / sqrt(mean(x²) + epsilon) x gain: RMSNorm (Zhang and Sennrich, 2019).</summary>
    RootMeanSquare,

    /// <summary>(x - mean) / sqrt(variance + epsilon) x gain + bias: LayerNorm (Ba et al., 2016).</summary>
    Layer,
}

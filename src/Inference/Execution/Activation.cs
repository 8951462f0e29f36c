namespace Inference.Execution;

/// <summary>The non-linearity of a gated feed-forward layer.</summary>
public enum Activation
{
    /// <summary>x / (1 + exp(-x)), also called swish.</summary>
    Silu,

    /// <summary>The tanh approximation of the Gaussian error linear unit.</summary>
    GeluTanh,
}

namespace Inference.Execution;

/// <summary>The non-linearity of a feed-forward layer.</summary>
public enum Activation
{
    /// <summary>x / (1 + exp(-x)), also called swish.</summary>
    Silu,

    /// <summary>The tanh approximation of the Gaussian error linear unit.</summary>
    GeluTanh,

    /// <summary>The Gaussian error linear unit itself: x / 2 x (1 + erf(x / sqrt(2))).</summary>
    Gelu,

    /// <summary>
    /// Only gated: the gate is capped at 7 from above and the other factor at 7 on both sides; then gate x sigmoid(1.702 gate) x (up + 1),
    /// as in gpt-oss.
    /// </summary>
    ClampedSwiglu,
}

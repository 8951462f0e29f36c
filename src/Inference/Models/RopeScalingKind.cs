namespace Inference.Models;

/// <summary>How a rotary embedding is stretched to contexts longer than it was trained on.</summary>
internal enum RopeScalingKind
{
    None,

    /// <summary>All positions divided by the factor (Chen et al., 2023).</summary>
    Linear,

    /// <summary>Slow frequencies divided by the factor, fast ones kept, a ramp between (Llama 3.1).</summary>
    Llama3,

    /// <summary>Interpolation by frequency, with a magnitude correction (Peng et al., YaRN, 2023).</summary>
    Yarn,

    /// <summary>Each frequency is divided by a number of its own, one for short and one for long contexts (Ding et al., LongRoPE, 2024).</summary>
    LongRope,
}

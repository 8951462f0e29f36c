namespace Inference.Formats;

/// <summary>How the numbers of a stored tensor are encoded. Values are the type ids of GGUF files.</summary>
public enum TensorType
{
    /// <summary>32-bit float.</summary>
    F32 = 0,

    /// <summary>16-bit IEEE float.</summary>
    F16 = 1,

    /// <summary>Blocks of 32: 4-bit codes, one F16 scale.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32: 4-bit codes, F16 scale and minimum.</summary>
    Q4_1 = 3,

    /// <summary>Blocks of 32: 5-bit codes, one F16 scale.</summary>
    Q5_0 = 6,

    /// <summary>Blocks of 32: 5-bit codes, F16 scale and minimum.</summary>
    Q5_1 = 7,

    /// <summary>Blocks of 32: 8-bit codes, one F16 scale.</summary>
    Q8_0 = 8,

    /// <summary>Super-blocks of 256: 2-bit codes, 4-bit scales and minima for groups of 16.</summary>
    Q2_K = 10,

    /// <summary>Super-blocks of 256: 3-bit codes, 6-bit scales for groups of 16.</summary>
    Q3_K = 11,

    /// <summary>Super-blocks of 256: 4-bit codes, 6-bit scales and minima for groups of 32.</summary>
    Q4_K = 12,

    /// <summary>Super-blocks of 256: 5-bit codes, 6-bit scales and minima for groups of 32.</summary>
    Q5_K = 13,

    /// <summary>Super-blocks of 256: 6-bit codes, 8-bit scales for groups of 16.</summary>
    Q6_K = 14,

    /// <summary>Blocks of 32: 4-bit indices into a non-linear codebook, one F16 scale.</summary>
    IQ4_NL = 20,

    /// <summary>Super-blocks of 256: 4-bit indices into the IQ4_NL codebook, 6-bit scales for groups of 32.</summary>
    IQ4_XS = 23,

    /// <summary>8-bit signed integer; carried and listed, not computed with.</summary>
    I8 = 24,

    /// <summary>16-bit signed integer; carried and listed, not computed with.</summary>
    I16 = 25,

    /// <summary>32-bit signed integer; carried and listed, not computed with.</summary>
    I32 = 26,

    /// <summary>64-bit signed integer; carried and listed, not computed with.</summary>
    I64 = 27,

    /// <summary>64-bit float; carried and listed, not computed with.</summary>
    F64 = 28,

    /// <summary>16-bit float with the exponent of a 32-bit one (bfloat16).</summary>
    BF16 = 30,

    /// <summary>Blocks of 32: FP4 (E2M1) codes, one power-of-two scale (E8M0). OCP Microscaling formats.</summary>
    MXFP4 = 39,
}

namespace Inference.Ilgpu.Linear;

/// <summary>How a matrix lies in the device's memory.</summary>
internal enum MatrixKind
{
    /// <summary>32-bit floats.</summary>
    Single,

    /// <summary>16-bit floats.</summary>
    Half,

    /// <summary>The upper halves of 32-bit floats.</summary>
    BFloat,

    /// <summary>Integer codes with scales.</summary>
    Quantized,
}

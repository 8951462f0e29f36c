namespace Inference.Ilgpu.Linear;

/// <summary>How the scales of a quantised matrix lie in the device's memory. Values are exactly those that the stored format defines.</summary>
internal enum ScaleForm
{
    /// <summary>A 16-bit float for 32 codes.</summary>
    Half,

    /// <summary>For 256 codes a 16-bit scale of scales and one of minima, for 32 a byte for each of the two: Q4_K and Q5_K.</summary>
    Affine,

    /// <summary>For 256 codes a 16-bit scale of scales, for 16 a signed byte: Q6_K.</summary>
    Signed,

    /// <summary>For 16 codes a 32-bit scale and minimum: whatever else there is.</summary>
    Single,
}

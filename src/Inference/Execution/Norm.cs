namespace Inference.Execution;

/// <summary>A normalisation.</summary>
/// <param name="Kind">The formula.</param>
/// <param name="Gain">A vector whose length divides the columns it is applied to: each run of that length is normalised on its own, so that a gain as long as a head normalises heads.</param>
/// <param name="Bias">Added at the end, as long as the gain; null for none.</param>
/// <param name="Epsilon">Added to the mean square or the variance.</param>
public sealed record Norm(NormKind Kind, DeviceWeight Gain, DeviceWeight? Bias, float Epsilon);

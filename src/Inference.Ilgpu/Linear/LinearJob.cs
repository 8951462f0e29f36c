using ILGPU;

namespace Inference.Ilgpu.Linear;

/// <summary>One of the linear layers that read the same input.</summary>
/// <param name="Matrix">The weights.</param>
/// <param name="Bias">As long as the matrix has rows; null for none.</param>
/// <param name="Output">[rows of the input, rows of the matrix].</param>
internal readonly record struct LinearJob(DeviceMatrix Matrix, ArrayView<float>? Bias, ArrayView<float> Output);

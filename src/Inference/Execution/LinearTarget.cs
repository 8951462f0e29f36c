namespace Inference.Execution;

/// <summary>One of the linear layers that read the same input.</summary>
/// <param name="Weight">The matrix [output features, input features].</param>
/// <param name="Bias">Added to each row, length of the output features; null for none.</param>
/// <param name="Output">Receives input x weightᵀ + bias; as many columns as the weight has rows.</param>
public readonly record struct LinearTarget(DeviceWeight Weight, DeviceWeight? Bias, DeviceTensor Output);

namespace Inference.Execution;

/// <summary>The weights of a linear layer.</summary>
/// <param name="Weight">The matrix [output features, input features].</param>
/// <param name="Bias">Added to each row, length of the output features; null for none.</param>
public readonly record struct LinearWeight(DeviceWeight Weight, DeviceWeight? Bias);

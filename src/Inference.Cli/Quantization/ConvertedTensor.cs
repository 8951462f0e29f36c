using Inference.Formats;

namespace Inference.Cli.Quantization;

/// <summary>A tensor and the type it is written in.</summary>
/// <param name="Source">The tensor as it was.</param>
/// <param name="Type">Its new type.</param>
/// <param name="FellBackFrom">The type it was to have, where its rows do not divide into that type's blocks.</param>
internal sealed record ConvertedTensor(StoredTensor Source, TensorType Type, TensorType? FellBackFrom);

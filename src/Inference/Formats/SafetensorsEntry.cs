namespace Inference.Formats;

/// <summary>What the header of a safetensors file says of one tensor.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Type">The encoding.</param>
/// <param name="Shape">Outermost dimension first.</param>
/// <param name="Start">Offset of the first byte in the file.</param>
/// <param name="ByteLength">Length in bytes.</param>
internal sealed record SafetensorsEntry(string Name, TensorType Type, long[] Shape, long Start, long ByteLength);

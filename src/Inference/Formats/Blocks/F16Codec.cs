using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Inference.Formats.Blocks;

/// <summary>16-bit IEEE floats; writing rounds to nearest even, and overflows to infinity.</summary>
internal sealed class F16Codec() : BlockCodec(1, sizeof(ushort))
{
    public override bool CanQuantize => true;

    public override void Dequantize(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(source);
        TensorPrimitives.ConvertToSingle(halves, destination[..halves.Length]);
    }

    public override void Quantize(ReadOnlySpan<float> source, Span<byte> destination) =>
        TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
}

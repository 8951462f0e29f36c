using System.Runtime.InteropServices;

namespace Inference.Formats.Blocks;

/// <summary>32-bit floats, little-endian.</summary>
internal sealed class F32Codec() : BlockCodec(1, sizeof(float))
{
    public override bool CanQuantize => true;

    public override void Dequantize(ReadOnlySpan<byte> source, Span<float> destination) =>
        source.CopyTo(MemoryMarshal.AsBytes(destination));

    public override void Quantize(ReadOnlySpan<float> source, Span<byte> destination) =>
        MemoryMarshal.AsBytes(source).CopyTo(destination);
}

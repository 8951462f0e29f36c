using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>bfloat16: the upper half of a 32-bit float; writing rounds to nearest even.</summary>
internal sealed class BF16Codec() : BlockCodec(1, sizeof(ushort))
{
    public override bool CanQuantize => true;

    public override void Dequantize(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(source);
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination)[..halves.Length];
        int i = 0;
        for (; i <= halves.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Create(halves[i..]));
            (lower << 16).CopyTo(bits[i..]);
            (upper << 16).CopyTo(bits[(i + Vector256<uint>.Count)..]);
        }

        for (; i < halves.Length; i++)
            bits[i] = (uint)halves[i] << 16;
    }

    public override void Quantize(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(destination);
        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);

            // Rounding up could carry a NaN's payload into the sign; setting the quiet bit keeps it a NaN.
            halves[i] = float.IsNaN(source[i])
                ? (ushort)((bits >> 16) | 0x40)
                : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }
}

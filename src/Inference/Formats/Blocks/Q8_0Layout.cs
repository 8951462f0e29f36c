using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>F16 scale, then 32 signed bytes.</summary>
internal readonly struct Q8_0Layout : IBlockLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 34;
    public static int GroupSize => 32;
    public static int Zero => 128;
    public static bool CanQuantize => true;
    public static int CodeBits => 8;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        (Vector256.Create(block[2..]) ^ Vector256.Create((byte)0x80)).CopyTo(codes);
    }

    public static void Quantize(ReadOnlySpan<float> source, Span<byte> block)
    {
        float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(source)) / 127;
        float inverse = scale != 0 ? 1 / scale : 0;
        BinaryPrimitives.WriteHalfLittleEndian(block, Bits.ScaleToHalf(scale));
        Vector256.Narrow(
            Vector256.Narrow(Codes(source, inverse), Codes(source[8..], inverse)),
            Vector256.Narrow(Codes(source[16..], inverse), Codes(source[24..], inverse))).AsByte().CopyTo(block[2..]);
    }

    // Halves round away from zero, as the writers of existing files do.
    private static Vector256<int> Codes(ReadOnlySpan<float> source, float inverse)
    {
        Vector256<float> scaled = Vector256.Create(source) * inverse;
        Vector256<float> truncated = Vector256.Truncate(scaled);
        Vector256<float> isHalfOrMore = Vector256.GreaterThanOrEqual(Vector256.Abs(scaled - truncated), Vector256.Create(0.5f));
        Vector256<float> step = Vector256.CopySign(Vector256<float>.One, scaled) & isHalfOrMore;
        return Vector256.ConvertToInt32(truncated + step);
    }
}

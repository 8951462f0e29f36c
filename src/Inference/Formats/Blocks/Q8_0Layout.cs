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
        float scale = TensorPrimitives.MaxMagnitude(source);
        scale = MathF.Abs(scale) / 127;
        float inverse = scale != 0 ? 1 / scale : 0;
        BinaryPrimitives.WriteHalfLittleEndian(block, Bits.ScaleToHalf(scale));

        // Halves round away from zero, as the writers of existing files do.
        for (int i = 0; i < source.Length; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
    }
}

using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// 128 bytes of lower nibbles, 64 bytes of upper two bits, 16 signed bytes of scale, F16 scale of scales. In each half of 128 weights,
/// nibble bytes l of 64 hold weights l (low) and l + 64 (high), and upper byte l of 32 holds weights l, l + 32, l + 64 and l + 96.
/// </summary>
internal readonly unsafe struct Q6_KLayout : IRunLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 210;
    public static int GroupSize => 16;
    public static int Zero => 32;
    public static bool CanQuantize => true;
    public static int CodeBits => 6;
    public static int ScaleOffset => 208;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block[208..]);
        for (int group = 0; group < 16; group++)
            scales[group] = scale * (sbyte)block[192 + group];

        Bits.UnpackRuns<Q6_KLayout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run)
    {
        int half = run / 4;
        int quarter = run % 4;
        byte* nibbles = block + 64 * half + 32 * (quarter % 2);
        byte* upper = block + 128 + 32 * half;
        int lowShift = 4 * (quarter / 2);
        int highShift = 2 * quarter;
        return (
            Bits.Join(Vector128.Load(nibbles), lowShift, 0x0F, Vector128.Load(upper), highShift, 0x03, 4),
            Bits.Join(Vector128.Load(nibbles + 16), lowShift, 0x0F, Vector128.Load(upper + 16), highShift, 0x03, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubScales(byte* block) => Vector128.Load(block + 192);

    public static void Quantize(ReadOnlySpan<float> source, Span<byte> block)
    {
        Span<float> scales = stackalloc float[16];
        for (int group = 0; group < 16; group++)
            scales[group] = SymmetricScale.Find(source.Slice(16 * group, 16), 32);

        // The scale of largest magnitude takes -128, the end that reaches one step further.
        Half scale = Bits.ScaleToHalf(TensorPrimitives.MaxMagnitude<float>(scales) / -128);
        BinaryPrimitives.WriteHalfLittleEndian(block[208..], scale);

        block[..192].Clear();
        float inverse = (float)scale != 0 ? 1 / (float)scale : 0;
        for (int group = 0; group < 16; group++)
        {
            int scaleCode = (int)Math.Clamp(MathF.Round(scales[group] * inverse), -128, 127);
            block[192 + group] = (byte)(sbyte)scaleCode;
            float groupScale = (float)scale * scaleCode;
            float groupInverse = groupScale != 0 ? 1 / groupScale : 0;
            for (int i = 16 * group; i < 16 * (group + 1); i++)
                Store(i, SymmetricScale.Code(source[i] * groupInverse, 32) + 32, block);
        }
    }

    private static void Store(int index, int code, Span<byte> block)
    {
        (int half, int rest) = Math.DivRem(index, 128);
        (int quarter, int position) = Math.DivRem(rest, 32);
        block[64 * half + 32 * (quarter % 2) + position] |= (byte)((code & 0x0F) << (4 * (quarter / 2)));
        block[128 + 32 * half + position] |= (byte)((code >> 4) << (2 * quarter));
    }
}

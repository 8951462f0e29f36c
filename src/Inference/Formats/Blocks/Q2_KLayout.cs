using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// 16 bytes of scale (low nibble) and minimum (high nibble), 64 bytes of two-bit codes, F16 scale of scales, F16 scale of minima.
/// In each half of 128 weights, byte l holds the codes of weights l, l + 32, l + 64 and l + 96.
/// </summary>
internal readonly unsafe struct Q2_KLayout : IRunLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 84;
    public static int GroupSize => 16;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static int CodeBits => 2;
    public static int ScaleOffset => 80;
    public static int MinimumOffset => 82;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block[80..]);
        float minimum = Bits.Half(block[82..]);
        for (int group = 0; group < 16; group++)
        {
            scales[group] = scale * (block[group] & 0x0F);
            minima[group] = minimum * (block[group] >> 4);
        }

        Bits.UnpackRuns<Q2_KLayout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run)
    {
        byte* packed = block + 16 + 32 * (run / 4);
        Vector128<byte> mask = Vector128.Create((byte)0x03);
        int shift = 2 * (run % 4);
        return (Bits.Shift(Vector128.Load(packed), shift) & mask, Bits.Shift(Vector128.Load(packed + 16), shift) & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubScales(byte* block) => Vector128.Load(block) & Vector128.Create((byte)0x0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubMinima(byte* block) => Vector128.Load(block) >>> 4;
}

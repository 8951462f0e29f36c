using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// As Q4_K, with 32 bytes of fifth bits between scales and codes: bit g of byte l belongs to weight 32 g + l.
/// </summary>
internal readonly unsafe struct Q5_KLayout : IRunLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 176;
    public static int GroupSize => 32;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static int CodeBits => 5;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        SixBitScales.Unpack(block, scales, minima);
        Bits.UnpackRuns<Q5_KLayout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run)
    {
        byte* packed = block + 48 + 32 * (run / 2);
        int shift = 4 * (run % 2);
        return (
            Bits.Join(Vector128.Load(packed), shift, 0x0F, Vector128.Load(block + 16), run, 0x01, 4),
            Bits.Join(Vector128.Load(packed + 16), shift, 0x0F, Vector128.Load(block + 32), run, 0x01, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubScales(byte* block) => SixBitScales.Scales(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubMinima(byte* block) => SixBitScales.Minima(block);
}

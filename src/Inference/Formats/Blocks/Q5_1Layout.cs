using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>F16 scale and F16 minimum (added), 32 fifth bits, then 32 four-bit codes as in Q4_0.</summary>
internal readonly unsafe struct Q5_1Layout : IRunLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 24;
    public static int GroupSize => 32;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static int CodeBits => 5;
    public static bool AddsMinimum => true;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        minima[0] = -Bits.Half(block[2..]);
        Bits.UnpackRuns<Q5_1Layout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run) =>
        Bits.FiveBits(Vector128.Load(block + 8), Unsafe.ReadUnaligned<uint>(block + 4));
}

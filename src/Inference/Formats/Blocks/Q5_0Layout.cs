using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>F16 scale, 32 fifth bits, then 32 four-bit codes as in Q4_0.</summary>
internal readonly unsafe struct Q5_0Layout : IRunLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 22;
    public static int GroupSize => 32;
    public static int Zero => 16;
    public static int CodeBits => 5;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        Bits.UnpackRuns<Q5_0Layout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run) =>
        Bits.FiveBits(Vector128.Load(block + 6), Unsafe.ReadUnaligned<uint>(block + 2));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// 32 bytes of third bits, 64 bytes of the two lower bits laid out as in Q2_K, 16 six-bit scales in 12 bytes, F16 scale of scales.
/// Bit r of third-bit byte l belongs to weight 32 r + l. Scales are offset by 32.
/// </summary>
internal readonly unsafe struct Q3_KLayout : IRunLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 110;
    public static int GroupSize => 16;
    public static int Zero => 4;
    public static int CodeBits => 3;
    public static int ScaleOffset => 108;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block[108..]);
        ReadOnlySpan<byte> packedScales = block.Slice(96, 12);
        for (int group = 0; group < 16; group++)
        {
            int low = group < 8 ? packedScales[group] & 0x0F : packedScales[group - 8] >> 4;
            int high = (packedScales[8 + group % 4] >> (2 * (group / 4))) & 0x03;
            scales[group] = scale * ((low | (high << 4)) - 32);
        }

        Bits.UnpackRuns<Q3_KLayout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run)
    {
        byte* packed = block + 32 + 32 * (run / 4);
        int shift = 2 * (run % 4);
        return (
            Bits.Join(Vector128.Load(packed), shift, 0x03, Vector128.Load(block), run, 0x01, 2),
            Bits.Join(Vector128.Load(packed + 16), shift, 0x03, Vector128.Load(block + 16), run, 0x01, 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubScales(byte* block)
    {
        const ulong Nibbles = 0x0F0F0F0F0F0F0F0F, Pairs = 0x0303030303030303;
        ulong low = Unsafe.ReadUnaligned<ulong>(block + 96);
        ulong high = Unsafe.ReadUnaligned<uint>(block + 104);
        ulong first = (high | high >> 2 << 32) & Pairs;
        ulong second = (high >> 4 | high >> 6 << 32) & Pairs;
        return Vector128.Create((low & Nibbles) | first << 4, (low >> 4 & Nibbles) | second << 4).AsByte() - Vector128.Create((byte)32);
    }
}

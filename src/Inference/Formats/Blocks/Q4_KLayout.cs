using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// F16 scale of scales, F16 scale of minima, <see cref="SixBitScales"/>, then four-bit codes: in each run of 64 weights, byte l of 32
/// holds the codes of weights l (low) and l + 32 (high).
/// </summary>
internal readonly unsafe struct Q4_KLayout : IRunLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 144;
    public static int GroupSize => 32;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static bool CanQuantize => true;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        SixBitScales.Unpack(block, scales, minima);
        Bits.UnpackRuns<Q4_KLayout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run)
    {
        byte* packed = block + 16 + 32 * (run / 2);
        Vector128<byte> mask = Vector128.Create((byte)0x0F);
        int shift = 4 * (run % 2);
        return (Bits.Shift(Vector128.Load(packed), shift) & mask, Bits.Shift(Vector128.Load(packed + 16), shift) & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubScales(byte* block) => SixBitScales.Scales(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubMinima(byte* block) => SixBitScales.Minima(block);

    public static void Quantize(ReadOnlySpan<float> source, Span<byte> block)
    {
        Span<float> scales = stackalloc float[8];
        Span<float> minima = stackalloc float[8];
        for (int group = 0; group < 8; group++)
            (scales[group], minima[group]) = AffineScale.Find(source.Slice(32 * group, 32), 15);

        Half scale = Bits.ScaleToHalf(TensorPrimitives.Max<float>(scales) / 63);
        Half minimum = Bits.ScaleToHalf(TensorPrimitives.Max<float>(minima) / 63);
        BinaryPrimitives.WriteHalfLittleEndian(block, scale);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], minimum);

        Span<byte> scaleCodes = stackalloc byte[8];
        Span<byte> minimumCodes = stackalloc byte[8];
        for (int group = 0; group < 8; group++)
        {
            (scaleCodes[group], minimumCodes[group]) = NearestScales(
                source.Slice(32 * group, 32), (float)scale, (float)minimum, scales[group], minima[group]);
        }

        SixBitScales.Pack(scaleCodes, minimumCodes, block.Slice(4, SixBitScales.Bytes));
        for (int run = 0; run < 4; run++)
        {
            for (int i = 0; i < 32; i++)
            {
                int low = Code(source[64 * run + i], 2 * run, scaleCodes, minimumCodes);
                int high = Code(source[64 * run + 32 + i], 2 * run + 1, scaleCodes, minimumCodes);
                block[16 + 32 * run + i] = (byte)(low | (high << 4));
            }
        }

        int Code(float value, int group, ReadOnlySpan<byte> scaleCodes, ReadOnlySpan<byte> minimumCodes)
        {
            float groupScale = (float)scale * scaleCodes[group];
            return groupScale == 0 ? 0 : AffineScale.Code(value, 1 / groupScale, (float)minimum * minimumCodes[group], 15);
        }
    }

    // Rounding both to six bits moves the line; the neighbours of the nearest codes often lie closer to the values.
    private static (byte Scale, byte Minimum) NearestScales(
        ReadOnlySpan<float> values, float scaleUnit, float minimumUnit, float scale, float minimum)
    {
        int nearestScale = NearestCode(scale, scaleUnit);
        int nearestMinimum = NearestCode(minimum, minimumUnit);
        (int Scale, int Minimum) best = (nearestScale, nearestMinimum);
        double bestError = double.PositiveInfinity;
        for (int s = Math.Max(nearestScale - 1, 0); s <= Math.Min(nearestScale + 1, 63); s++)
        {
            for (int m = Math.Max(nearestMinimum - 1, 0); m <= Math.Min(nearestMinimum + 1, 63); m++)
            {
                double error = AffineScale.Error(values, scaleUnit * s, minimumUnit * m, 15);
                if (error < bestError)
                    (best, bestError) = ((s, m), error);
            }
        }

        return ((byte)best.Scale, (byte)best.Minimum);
    }

    private static int NearestCode(float value, float unit) => unit > 0 ? (int)Math.Clamp(MathF.Round(value / unit), 0, 63) : 0;
}

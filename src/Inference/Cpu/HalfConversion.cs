using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>16-bit floats to 32-bit ones and back, 16 at once, with the same bits on every machine.</summary>
/// <remarks>
/// .NET does not expose the conversion instructions of processors and converts one by one in software, so this uses integer operations.
/// Both ways are exact in the sense of IEEE 754: every half has its float, and a float goes to the nearest half, ties to even,
/// too large ones to infinity. A NaN stays one; its payload may be lost.
/// </remarks>
internal static unsafe class HalfConversion
{
    // The exponent of 1, of infinity, and of the smallest normal half, as bits of a float; a half has 10 bits of fraction, a float 23.
    private const int FractionShift = 13;
    private const uint HalfInfinity = 0x7c00;
    private const uint HalfNaN = 0x7e00;
    private const uint FloatInfinity = 0xffu << 23;
    private const uint ExponentGap = (127u - 15) << 23;
    private const uint SmallestNormal = (127u - 14) << 23;
    private const uint PastLargest = (127u + 16) << 23;
    // Adding this float to one below the smallest normal half leaves the half's fraction, rounded, in the low bits.
    private const uint SubnormalAligner = (127u - 1) << 23;
    // 2^112: the gap between the exponents.
    private const float Rebias = 5192296858534827628530496329220096f;

    /// <summary>Converts 16 halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ToSingle(Vector256<ushort> halves)
    {
        // Widening with the sign puts copies of it where the longer exponent begins; the mask keeps one of them.
        Vector512<int> bits = Vector512.WidenLower(halves.AsInt16().ToVector512Unsafe()) << FractionShift;
        bits &= Vector512.Create(int.MinValue | 0x7fff << FractionShift);
        // One exact multiplication moves the exponent and turns subnormal halves into normal floats.
        Vector512<float> result = bits.AsSingle() * Vector512.Create(Rebias);
        Vector512<float> infinite = Vector512.GreaterThanOrEqual(Vector512.Abs(result), Vector512.Create(PastLargest).AsSingle());
        return result | (infinite & Vector512.Create(FloatInfinity).AsSingle());
    }

    /// <summary>Converts to 16 halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> ToHalf(Vector512<float> floats)
    {
        Vector512<uint> bits = floats.AsUInt32();
        Vector512<uint> magnitude = bits & Vector512.Create(0x7fffffffu);
        Vector512<uint> sign = (bits >> 16) & Vector512.Create(0x8000u);
        Vector512<uint> odd = (magnitude >> FractionShift) & Vector512<uint>.One;
        Vector512<uint> normal = (magnitude - Vector512.Create(ExponentGap) + Vector512.Create(0xfffu) + odd) >> FractionShift;
        Vector512<uint> aligner = Vector512.Create(SubnormalAligner);
        Vector512<uint> subnormal = (magnitude.AsSingle() + aligner.AsSingle()).AsUInt32() - aligner;
        Vector512<uint> result = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(SmallestNormal)), subnormal, normal);
        Vector512<uint> special = Vector512.ConditionalSelect(
            Vector512.GreaterThan(magnitude, Vector512.Create(FloatInfinity)), Vector512.Create(HalfNaN), Vector512.Create(HalfInfinity));
        result = Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(PastLargest)), special, result) | sign;
        return Vector512.Narrow(result, result).GetLower();
    }

    /// <summary>Converts one half.</summary>
    public static float ToSingle(ushort half)
    {
        uint magnitude = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle((half & 0x7fffu) << FractionShift) * Rebias);
        if (magnitude >= PastLargest)
            magnitude |= FloatInfinity;
        return BitConverter.UInt32BitsToSingle(magnitude | (half & 0x8000u) << 16);
    }

    /// <summary>Converts to one half.</summary>
    public static ushort ToHalf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint magnitude = bits & 0x7fffffff;
        uint result;
        if (magnitude >= PastLargest)
            result = magnitude > FloatInfinity ? HalfNaN : HalfInfinity;
        else if (magnitude < SmallestNormal)
            result = BitConverter.SingleToUInt32Bits(
                BitConverter.UInt32BitsToSingle(magnitude) + BitConverter.UInt32BitsToSingle(SubnormalAligner)) - SubnormalAligner;
        else
            result = (magnitude - ExponentGap + 0xfff + ((magnitude >> FractionShift) & 1)) >> FractionShift;
        return (ushort)(result | bits >> 16 & 0x8000);
    }

    /// <summary>Converts any number of halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToSingle(ushort* source, float* destination, nint count)
    {
        nint i = 0;
        for (; i <= count - 16; i += 16)
            ToSingle(Vector256.Load(source + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] = ToSingle(source[i]);
    }

    /// <summary>Converts to any number of halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToHalf(float* source, ushort* destination, nint count)
    {
        nint i = 0;
        for (; i <= count - 16; i += 16)
            ToHalf(Vector512.Load(source + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] = ToHalf(source[i]);
    }
}

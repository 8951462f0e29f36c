using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu.Linear;

/// <summary>32 columns of one row of a linear layer's input: signed bytes, their scale, and their sums, which fold in zeros and minima.</summary>
/// <remarks>One cache line, so that a kernel that walks the columns of a row reads nothing else. Sums are negated, because kernels subtract them.</remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct InputBlock
{
    public const int Bytes = 64;
    public const int ScaleOffset = 32;
    public const int ScaledSumOffset = 36;
    public const int HalfSumsOffset = 52;
    public const int FirstPairSumsOffset = 56;
    public const int SecondPairSumsOffset = 60;

    // Adding 1.5 x 2^23 rounds a float below 2^22 to an integer, ties to even, and leaves it in the low bits.
    private const float Rounder = 12582912f;

    // Below this, a block counts as zeros: its scale would be subnormal and lose precision.
    private const float SmallestScale = 1.17549435e-38f;

    /// <summary>The quantised numbers, -127 to 127.</summary>
    [FieldOffset(0)]
    public fixed sbyte Numbers[PanelLayout.BlockColumns];

    /// <summary>What the numbers are multiplied by. NaN or infinite where an input was.</summary>
    [FieldOffset(ScaleOffset)]
    public float Scale;

    /// <summary>Minus the sum of all numbers, times the scale.</summary>
    [FieldOffset(ScaledSumOffset)]
    public float ScaledSum;

    /// <summary>Minus the sum of all numbers.</summary>
    [FieldOffset(40)]
    public int Sum;

    /// <summary>Minus the sum of numbers 0 to 15.</summary>
    [FieldOffset(44)]
    public int FirstSum;

    /// <summary>Minus the sum of numbers 16 to 31.</summary>
    [FieldOffset(48)]
    public int SecondSum;

    /// <summary><see cref="FirstSum"/> and <see cref="SecondSum"/> as 16-bit integers.</summary>
    [FieldOffset(HalfSumsOffset)]
    public fixed short HalfSums[2];

    /// <summary>Of numbers 0 to 15, minus the sum of those at the first two of each four places, and of those at the last two.</summary>
    [FieldOffset(FirstPairSumsOffset)]
    public fixed short FirstPairSums[2];

    /// <summary>The same of numbers 16 to 31.</summary>
    [FieldOffset(SecondPairSumsOffset)]
    public fixed short SecondPairSums[2];

    /// <summary>
    /// Quantises 32 floats: the scale is the largest magnitude / 127, a number the nearest multiple of it, ties to even.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Quantize(float* source, InputBlock* block)
    {
        int bits = LargestMagnitude(source);
        float scale = BitConverter.Int32BitsToSingle(bits) / sbyte.MaxValue;
        if (scale < SmallestScale || !float.IsFinite(scale))
        {
            // A scale that is not finite makes every sum NaN, whatever the numbers.
            *block = default;
            block->Scale = scale < SmallestScale ? 0 : float.NaN;
            block->ScaledSum = block->Scale;
            return;
        }

        float inverse = 1 / scale;
        Vector128<int> firstSums = QuantizeHalf(source, inverse, block->Numbers);
        Vector128<int> secondSums = QuantizeHalf(source + 16, inverse, block->Numbers + 16);
        short first01 = (short)-(firstSums[0] + firstSums[1]);
        short first23 = (short)-(firstSums[2] + firstSums[3]);
        short second01 = (short)-(secondSums[0] + secondSums[1]);
        short second23 = (short)-(secondSums[2] + secondSums[3]);
        block->FirstPairSums[0] = first01;
        block->FirstPairSums[1] = first23;
        block->SecondPairSums[0] = second01;
        block->SecondPairSums[1] = second23;
        block->FirstSum = first01 + first23;
        block->SecondSum = second01 + second23;
        block->HalfSums[0] = (short)block->FirstSum;
        block->HalfSums[1] = (short)block->SecondSum;
        block->Sum = block->FirstSum + block->SecondSum;
        block->Scale = scale;
        block->ScaledSum = scale * block->Sum;
    }

    /// <summary>The bits of the largest magnitude: compared as integers, magnitudes keep their order, and a NaN is above all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LargestMagnitude(float* source)
    {
        Vector128<int> largest;
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
        {
            Vector512<int> mask = Vector512.Create(int.MaxValue);
            Vector512<int> wide = Vector512.Max(Vector512.Load(source).AsInt32() & mask, Vector512.Load(source + 16).AsInt32() & mask);
            Vector256<int> half = Vector256.Max(wide.GetLower(), wide.GetUpper());
            largest = Vector128.Max(half.GetLower(), half.GetUpper());
        }
        else
        {
            largest = Vector128<int>.Zero;
            for (int i = 0; i < PanelLayout.BlockColumns; i += 4)
                largest = Vector128.Max(largest, Vector128.Load(source + i).AsInt32() & Vector128.Create(int.MaxValue));
        }

        largest = Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(largest[0], largest[1]);
    }

    /// <summary>Quantises 16 numbers.</summary>
    /// <returns>The sums of each fourth number: of those at places 0, 4, 8 and 12, and so on.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> QuantizeHalf(float* source, float inverse, sbyte* numbers)
    {
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
        {
            Vector512<float> rounder = Vector512.Create(Rounder);
            Vector512<int> wide = (Vector512.Load(source) * inverse + rounder).AsInt32() - rounder.AsInt32();
            Avx512F.ConvertToVector128SByte(wide).Store(numbers);
            Vector256<int> half = wide.GetLower() + wide.GetUpper();
            return half.GetLower() + half.GetUpper();
        }

        Vector128<int> n0 = Round(source, inverse);
        Vector128<int> n1 = Round(source + 4, inverse);
        Vector128<int> n2 = Round(source + 8, inverse);
        Vector128<int> n3 = Round(source + 12, inverse);
        Vector128.Narrow(Vector128.Narrow(n0, n1), Vector128.Narrow(n2, n3)).Store(numbers);
        return n0 + n1 + n2 + n3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(float* source, float inverse)
    {
        Vector128<float> rounder = Vector128.Create(Rounder);
        return (Vector128.Load(source) * inverse + rounder).AsInt32() - rounder.AsInt32();
    }
}

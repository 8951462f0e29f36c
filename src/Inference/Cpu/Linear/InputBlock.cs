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
        Vector512<float> low = Vector512.Load(source);
        Vector512<float> high = Vector512.Load(source + 16);
        // Compared as integers, magnitudes keep their order, and a NaN is above all.
        Vector512<int> magnitudes = Vector512.Create(int.MaxValue);
        magnitudes = Vector512.Max(low.AsInt32() & magnitudes, high.AsInt32() & magnitudes);
        Vector256<int> eight = Vector256.Max(magnitudes.GetLower(), magnitudes.GetUpper());
        Vector128<int> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        int bits = Math.Max(four[0], four[1]);
        float scale = BitConverter.Int32BitsToSingle(bits) / sbyte.MaxValue;
        if (scale < SmallestScale || !float.IsFinite(scale))
        {
            // A scale that is not finite makes every sum NaN, whatever the numbers.
            *block = default;
            block->Scale = scale < SmallestScale ? 0 : float.NaN;
            block->ScaledSum = block->Scale;
            return;
        }

        Vector512<float> inverse = Vector512.Create(1 / scale);
        Vector128<int> pairs = Pairs(QuantizeHalf(low, inverse, block->Numbers), QuantizeHalf(high, inverse, block->Numbers + 16));
        Vector128<int> halves = Pairs(pairs, pairs);
        int sum = halves[0] + halves[1];
        block->Scale = scale;
        block->ScaledSum = scale * sum;
        block->Sum = sum;
        *(long*)&block->FirstSum = halves.AsInt64()[0];
        *(int*)block->HalfSums = Vector128.Narrow(halves, halves).AsInt32()[0];
        *(long*)block->FirstPairSums = Vector128.Narrow(pairs, pairs).AsInt64()[0];
    }

    /// <summary>Writes 16 numbers and gives minus their sums by place modulo 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> QuantizeHalf(Vector512<float> source, Vector512<float> inverse, sbyte* numbers)
    {
        Vector512<float> rounder = Vector512.Create(Rounder);
        Vector512<int> rounded = (source * inverse + rounder).AsInt32() - rounder.AsInt32();
        Vector256<int> lower = rounded.GetLower();
        Vector256<int> upper = rounded.GetUpper();
        Vector128<sbyte> narrow = Avx512F.IsSupported
            ? Avx512F.ConvertToVector128SByte(rounded)
            : Vector128.Narrow(Vector128.Narrow(lower.GetLower(), lower.GetUpper()), Vector128.Narrow(upper.GetLower(), upper.GetUpper()));
        narrow.Store(numbers);
        Vector256<int> eight = lower + upper;
        return -(eight.GetLower() + eight.GetUpper());
    }

    /// <summary>Sums of neighbours, the left vector's before the right one's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Pairs(Vector128<int> left, Vector128<int> right) => Ssse3.IsSupported
        ? Ssse3.HorizontalAdd(left, right)
        : Vector128.Create(left[0] + left[1], left[2] + left[3], right[0] + right[1], right[2] + right[3]);
}

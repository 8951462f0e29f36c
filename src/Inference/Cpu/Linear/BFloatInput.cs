using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu.Linear;

/// <summary>Rounds inputs to pairs of bfloat16, and keeps what pairs are made of clear of subnormal sums.</summary>
/// <remarks>
/// A product of two numbers of eight bits that are no smaller than 2^-52 and 2^-60 is a multiple of 2^-126, the smallest normal float, and
/// so is every sum of such products. No input or weight that matters is smaller.
/// </remarks>
internal static unsafe class BFloatInput
{
    // The biased exponents, in the places of a bfloat16.
    private const uint SmallestInput = (127 - 52) << 7;
    private const ushort SmallestWeight = (127 - 60) << 7;

    /// <summary>Lanes that so many columns take.</summary>
    public static int Pairs(int columns) => (int)(((uint)columns + 1) / 2);

    /// <summary>Rounds to the nearest bfloat16, ties to even; what is below 2^-52 becomes zero, no number stays none.</summary>
    /// <param name="source">The row.</param>
    /// <param name="destination">Receives <see cref="Pairs"/>, the first of two columns in the lower half; an odd one at the end is paired with zero.</param>
    /// <param name="columns">Columns.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* source, uint* destination, int columns)
    {
        int column = 0;
        for (; column <= columns - 32; column += 32, destination += 16)
        {
            Vector512<uint> first = Round(Vector512.Load(source + column));
            Vector512<uint> second = Round(Vector512.Load(source + column + 16));
            Vector512.Narrow(first, second).AsUInt32().Store(destination);
        }

        if (column == columns)
            return;
        float* rest = stackalloc float[32];
        uint* rounded = stackalloc uint[16];
        for (int i = 0; i < 32; i++)
            rest[i] = i < columns - column ? source[column + i] : 0;
        Round(rest, rounded, 32);
        Unsafe.CopyBlockUnaligned(destination, rounded, (uint)Pairs(columns - column) * sizeof(uint));
    }

    /// <summary>Weights that are small enough to be none, made zeros.</summary>
    /// <param name="source">bfloat16.</param>
    /// <param name="destination">Receives as many.</param>
    /// <param name="count">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ClearSmallWeights(ushort* source, ushort* destination, int count)
    {
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<ushort> weights = Vector256.Load(source + i);
            Vector256<ushort> magnitudes = weights & Vector256.Create((ushort)0x7fff);
            (weights & Vector256.GreaterThanOrEqual(magnitudes, Vector256.Create(SmallestWeight))).Store(destination + i);
        }

        for (; i < count; i++)
            destination[i] = (source[i] & 0x7fff) >= SmallestWeight ? source[i] : (ushort)0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> rounded = (bits + Vector512.Create(0x7fffu) + (bits >>> 16 & Vector512<uint>.One)) >>> 16;
        rounded &= Vector512.GreaterThanOrEqual(rounded & Vector512.Create(0x7fffu), Vector512.Create(SmallestInput));
        // Rounding would make infinities and zeros of some.
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7fc0u));
    }
}

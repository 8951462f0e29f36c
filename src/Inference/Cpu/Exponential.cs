using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>exp of 16 floats with the same bits on every machine.</summary>
internal static class Exponential
{
    // Beyond these the result rounds to 0 or to infinity.
    private const float Lowest = -104f;
    private const float Highest = 89f;


    // ln 2 as the sum of two floats; their products with a small integer are exact enough inside a fused multiply-add.
    private const float Ln2High = 0.693147182464599609375f;
    private const float Ln2Low = -1.904654323148236e-9f;
    /// <summary>log2(e): turns exponents of e into exponents of 2.</summary>
    public const float Log2E = 1.44269504088896340736f;

    /// <summary>ln(2): turns exponents of 2 into exponents of e.</summary>
    public const float Ln2 = 0.693147180559945309417f;

    // Of 2, where the biased exponent is 0, and with it the factor.
    private const float LowestExponent = -127f;

    // 1.5 x 2^23: adding it rounds to an integer, which then stands in the low bits.
    private const float Rounder = 12582912f;

    // Minimax fit of (exp(r) - 1 - r) / r^2 on [-ln2/2, ln2/2]; 3.1e-9 relative to exp.
    private const float C2 = 0.49999993447641616f;
    private const float C3 = 0.1666652063211282f;
    private const float C4 = 0.04166838809553723f;
    private const float C5 = 0.008368716852661898f;
    private const float C6 = 0.0013814595601771655f;

    // Minimax fit of (2^r - 1) / r on [-1/2, 1/2]; 2.6e-9 relative to 2^r.
    private const float D1 = 0.6931472420692444f;
    private const float D2 = 0.24022652208805084f;
    private const float D3 = 0.055503103882074356f;
    private const float D4 = 0.009617692790925503f;
    private const float D5 = 0.0013406643411144614f;
    private const float D6 = 0.00015594677824992687f;

    /// <summary>exp(x), within 1.5e-7 relative where the result is a normal float; rounds to 0, subnormals and infinity; NaN stays NaN; exp(0) is 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> lowest = Vector512.Create(Lowest);
        Vector512<float> highest = Vector512.Create(Highest);
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, lowest), lowest, x);
        x = Vector512.ConditionalSelect(Vector512.GreaterThan(x, highest), highest, x);

        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(Rounder));
        Vector512<float> p = Reduced(x, shifted - Vector512.Create(Rounder));

        // Two factors, because 2^n itself may lie outside the normal floats.
        Vector512<int> exponent = shifted.AsInt32() - Vector512.Create(Rounder).AsInt32();
        Vector512<int> half = exponent >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>exp(x - n ln 2), for n the integer next to x / ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reduced(Vector512<float> x, Vector512<float> n)
    {
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);

        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(C6), r, Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C2));
        return Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One;
    }

    /// <summary>
    /// 2^x for x of at most 0 or just above, which takes fewer steps than exp: within 1.5e-7 relative where the result is a normal float, and
    /// 0 from -127 down; NaN stays NaN; 2^0 is 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2OfNegative(Vector512<float> x)
    {
        x = Lanes.Larger(Vector512.Create(LowestExponent), x);
        // With the bias of the exponent added to the integer, a shift makes it 2^n.
        Vector512<float> rounder = Vector512.Create(Rounder - LowestExponent);
        Vector512<float> shifted = x + rounder;
        Vector512<float> r = x - (shifted - rounder);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(D6), r, Vector512.Create(D5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(D4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(D3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(D2));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(D1));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        return p * (shifted.AsInt32() << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> exponent) => ((exponent + Vector512.Create(127)) << 23).AsSingle();
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu;

/// <summary>Sixteen floats: incomplete loads and stores, and reductions whose order of operations is the same on every machine.</summary>
internal static unsafe class Lanes
{
    /// <summary>Lanes of a vector.</summary>
    public const int Count = 16;

    /// <summary>Loads up to 16 floats; the lanes behind them are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source, nint count) => count >= Count ? Vector512.Load(source) : LoadPart(source, count);

    /// <summary>Stores the first lanes, up to 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, float* destination, nint count)
    {
        if (count >= Count)
            lanes.Store(destination);
        else
            StorePart(lanes, destination, count);
    }

    /// <summary>Adds the lanes: halves onto each other until one is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> lanes)
    {
        Vector256<float> eight = lanes.GetLower() + lanes.GetUpper();
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    /// <inheritdoc cref="Sum(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector512<double> lanes)
    {
        Vector256<double> four = lanes.GetLower() + lanes.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>The larger of each lane; <paramref name="than"/> where either is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Larger(Vector512<float> candidate, Vector512<float> than) =>
        // The instruction is defined as this comparison, NaN and zeros included.
        Avx512F.IsSupported ? Avx512F.Max(candidate, than) : Vector512.ConditionalSelect(Vector512.GreaterThan(candidate, than), candidate, than);

    /// <summary>The largest lane. No lane may be NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector512<float> lanes)
    {
        Vector256<float> eight = Larger(lanes.GetLower(), lanes.GetUpper());
        Vector128<float> four = Larger(eight.GetLower(), eight.GetUpper());
        // No branches: which is the largest, no processor guesses.
        Vector128<float> two = Larger(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3)));
        return Larger(two, Vector128.Shuffle(two, Vector128.Create(1, 1, 1, 1))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Larger(Vector256<float> candidate, Vector256<float> than) =>
        Avx.IsSupported ? Avx.Max(candidate, than) : Vector256.ConditionalSelect(Vector256.GreaterThan(candidate, than), candidate, than);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Larger(Vector128<float> candidate, Vector128<float> than) =>
        Sse.IsSupported ? Sse.Max(candidate, than) : Vector128.ConditionalSelect(Vector128.GreaterThan(candidate, than), candidate, than);

    /// <summary>Loads fewer than 16 floats. Loops end with it instead of calling <see cref="Load"/>, so that they keep their registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector512<float> LoadPart(float* source, nint count)
    {
        float* lanes = stackalloc float[Count];
        new Span<float>(lanes, Count).Clear();
        for (nint i = 0; i < count; i++)
            lanes[i] = source[i];
        return Vector512.Load(lanes);
    }

    /// <summary>Stores fewer than 16 lanes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StorePart(Vector512<float> vector, float* destination, nint count)
    {
        float* lanes = stackalloc float[Count];
        vector.Store(lanes);
        for (nint i = 0; i < count; i++)
            destination[i] = lanes[i];
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>Layer normalisation. Mean and variance are added in 16 double lanes, as in <see cref="NormKernel"/>.</summary>
internal static unsafe class LayerNormKernel
{
    /// <summary>Normalises one run of elements.</summary>
    /// <param name="hidden">[length].</param>
    /// <param name="gain">[length].</param>
    /// <param name="bias">[length], or null.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="destination">[length]; may be hidden.</param>
    /// <param name="length">Elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* hidden, float* gain, float* bias, float epsilon, float* destination, nint length)
    {
        double mean = Sum(hidden, length, 0, squares: false) / length;
        double variance = Sum(hidden, length, mean, squares: true) / length;
        Vector512<float> factor = Vector512.Create((float)(1 / Math.Sqrt(variance + epsilon)));
        Vector512<float> center = Vector512.Create((float)mean);
        nint i = 0;
        for (; i <= length - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> scaled = (Vector512.Load(hidden + i) - center) * factor * Vector512.Load(gain + i);
            (bias is null ? scaled : scaled + Vector512.Load(bias + i)).Store(destination + i);
        }

        if (i < length)
        {
            Vector512<float> scaled = (Lanes.LoadPart(hidden + i, length - i) - center) * factor * Lanes.LoadPart(gain + i, length - i);
            Lanes.StorePart(bias is null ? scaled : scaled + Lanes.LoadPart(bias + i, length - i), destination + i, length - i);
        }
    }

    /// <summary>The sum of the elements less a number, or of the squares of that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(float* values, nint length, double less, bool squares)
    {
        Vector512<double> low = Vector512<double>.Zero;
        Vector512<double> high = Vector512<double>.Zero;
        Vector512<double> center = Vector512.Create(less);
        nint i = 0;
        for (; i <= length - Lanes.Count; i += Lanes.Count)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Vector512.Load(values + i));
            lower -= center;
            upper -= center;
            low += squares ? lower * lower : lower;
            high += squares ? upper * upper : upper;
        }

        double sum = Lanes.Sum(low + high);
        for (; i < length; i++)
        {
            double value = values[i] - less;
            sum += squares ? value * value : value;
        }

        return sum;
    }
}

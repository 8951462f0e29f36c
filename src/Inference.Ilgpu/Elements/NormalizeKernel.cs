using ILGPU;
using ILGPU.Algorithms;

namespace Inference.Ilgpu.Elements;

/// <summary>Residual addition and normalisation: a group of threads for each run of elements that is normalised on its own.</summary>
/// <remarks>Zhang and Sennrich, Root Mean Square Layer Normalization (2019); Ba et al., Layer Normalization (2016).</remarks>
internal static class NormalizeKernel
{
    /// <param name="hidden">[runs, length]; changed where there is an addend.</param>
    /// <param name="addend">As hidden; read only where <paramref name="hasAddend"/> is 1.</param>
    /// <param name="gain">[length].</param>
    /// <param name="bias">[length]; read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="destination">[runs, length]; may be hidden.</param>
    /// <param name="length">Elements a run.</param>
    /// <param name="epsilon">Added to the mean square or the variance.</param>
    /// <param name="centres">1 for layer norm, 0 for root mean square.</param>
    /// <param name="hasAddend">1 or 0.</param>
    /// <param name="hasBias">1 or 0.</param>
    public static void Run(
        ArrayView<float> hidden, ArrayView<float> addend, ArrayView<float> gain, ArrayView<float> bias, ArrayView<float> destination, int length, float epsilon, int centres, int hasAddend, int hasBias)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupSum.MostThreads);
        long start = (long)Grid.IdxX * length;
        float sum = 0;
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            float value = hidden[start + i];
            if (hasAddend != 0)
            {
                value += addend[start + i];
                hidden[start + i] = value;
            }

            sum += centres != 0 ? value : value * value;
        }

        float mean = 0;
        float square = GroupSum.Of(shared, sum) / length;
        if (centres != 0)
        {
            mean = square;
            sum = 0;
            for (int i = Group.IdxX; i < length; i += Group.DimX)
            {
                float distance = hidden[start + i] - mean;
                sum += distance * distance;
            }

            square = GroupSum.Of(shared, sum) / length;
        }

        float scale = 1 / XMath.Sqrt(square + epsilon);
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            float value = (hidden[start + i] - mean) * scale * gain[i];
            destination[start + i] = hasBias != 0 ? value + bias[i] : value;
        }
    }
}

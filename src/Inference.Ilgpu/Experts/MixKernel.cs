using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Experts;

/// <summary>The weighted sum of what each row's experts gave, added by rank. A thread for each element.</summary>
internal static class MixKernel
{
    /// <param name="index">Row x columns.</param>
    /// <param name="outputs">[places, columns].</param>
    /// <param name="weights">[places].</param>
    /// <param name="destination">[rows, columns].</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="chosen">Places a row.</param>
    public static void Run(Index1D index, ArrayView<float> outputs, ArrayView<float> weights, ArrayView<float> destination, int columns, int chosen)
    {
        int row = index / columns;
        int column = index - row * columns;
        float sum = 0;
        for (int rank = 0; rank < chosen; rank++)
        {
            long place = (long)row * chosen + rank;
            sum = Exact.MultiplyAdd(outputs[place * columns + column], weights[place], sum);
        }

        destination[index] = sum;
    }
}

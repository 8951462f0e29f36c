using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Rounds activations to 16-bit floats. A group of <see cref="GroupSize"/> threads for each row.</summary>
/// <typeparam name="TProduct">The type.</typeparam>
internal static class RoundKernel<TProduct>
    where TProduct : struct, IHalfProduct
{
    public const int GroupSize = 256;

    /// <param name="input">[rows, columns].</param>
    /// <param name="output">Receives for 16 columns eight words a row: words 2 t and 2 t + 1 have columns 2 t, 2 t + 1, and those eight further. Of the scales one a row: what takes back its factor.</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="blocks">Blocks of 16 a row; what lies beyond the columns counts as 0.</param>
    public static void Run(ArrayView<float> input, InputView output, int columns, int blocks)
    {
        ArrayView<int> largest = SharedMemory.Allocate<int>(GroupSize);
        TProduct product = default;
        int row = Grid.IdxX;
        long start = (long)row * columns;
        int most = 0;
        // As integers, magnitudes of floats keep their order; a maximum is the same in every order.
        for (int i = Group.IdxX; i < columns; i += Group.DimX)
            most = XMath.Max(most, (int)(Interop.FloatAsInt(input[start + i]) & 0x7FFFFFFFu));
        largest[Group.IdxX] = most;
        Group.Barrier();
        for (int i = 0; i < Group.DimX; i++)
            most = XMath.Max(most, largest[i]);
        float factor = product.Factor(Interop.IntAsFloat((uint)most));
        for (int i = Group.IdxX; i < blocks * 8; i += Group.DimX)
        {
            int column = i / 8 * 16 + i % 8 / 2 * 2 + (i & 1) * 8;
            int word = 0;
            if (column < columns)
                word = product.Round(Exact.Multiply(input[start + column], factor));
            if (column + 1 < columns)
                word |= product.Round(Exact.Multiply(input[start + column + 1], factor)) << 16;
            output.Codes[(long)row * blocks * 8 + i] = word;
        }

        if (Group.IdxX == 0)
            output.Scales[row] = 1 / factor;
    }
}

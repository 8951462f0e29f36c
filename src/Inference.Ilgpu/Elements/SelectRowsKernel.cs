using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>destination row i = source row rows[i].</summary>
internal static class SelectRowsKernel
{
    public static void Run(Index1D index, ArrayView<float> source, ArrayView<int> rows, ArrayView<float> destination, int columns)
    {
        int row = index / columns;
        destination[index] = source[(long)rows[row] * columns + (index - row * columns)];
    }
}

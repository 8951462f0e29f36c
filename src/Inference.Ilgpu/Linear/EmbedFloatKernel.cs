using ILGPU;

namespace Inference.Ilgpu.Linear;

/// <summary>Looks up rows of a table of numbers. A thread for each element.</summary>
/// <typeparam name="TFloats">Where the numbers are.</typeparam>
internal static class EmbedFloatKernel<TFloats>
    where TFloats : struct, IFloats
{
    /// <param name="index">Row of the output x columns.</param>
    /// <param name="table">The table.</param>
    /// <param name="rows">Which row of it each row of the output gets.</param>
    /// <param name="output">[rows, columns].</param>
    /// <param name="adds">1 to add to what is there.</param>
    public static void Run(Index1D index, MatrixView table, ArrayView<int> rows, ArrayView<float> output, int adds)
    {
        int outputRow = index / table.Columns;
        int column = index - outputRow * table.Columns;
        int tableRow = rows[outputRow];
        TFloats weights = default;
        float weight = weights.Weight(table, tableRow / MatrixLayout.TileRows, tableRow % MatrixLayout.TileRows, column);
        output[index] = adds != 0 ? output[index] + weight : weight;
    }
}

using ILGPU;

namespace Inference.Ilgpu.Linear;

/// <summary>Looks up rows of a quantised table. A thread for each element.</summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class EmbedQuantizedKernel<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
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
        int tile = tableRow / MatrixLayout.TileRows;
        int row = tableRow % MatrixLayout.TileRows;
        int block = column / MatrixLayout.BlockColumns;
        int place = column % MatrixLayout.BlockColumns;
        TCodes codes = default;
        TScales scales = default;
        int half = place / 16;
        int word = ((row & 7) * 4 + place % 16 / 4) * 4 + (row >> 3) + half * 2;
        long start = (long)tile * table.Blocks + block;
        int code = Bytes.Signed(codes.Word(table, start, word), place % 4);
        float weight = scales.Weight(scales.Row(table, start, row, codes.Unit), half, code);
        output[index] = adds != 0 ? output[index] + weight : weight;
    }
}

using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Quantised weights: computes what <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.</summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal readonly struct QuantizedWarpProduct<TCodes, TScales> : IWarpProduct
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    private const int ChunkBlocks = MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns;

    public int Chunks(MatrixView matrix) => (matrix.Blocks + ChunkBlocks - 1) / ChunkBlocks;

    /// <remarks>Eight blocks at a time: their codes, 2 to 4 KB a warp, are on their way together.</remarks>
    public FloatQuad Narrow(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk)
    {
        TCodes codes = default;
        FloatQuad sum = default;
        int end = XMath.Min((chunk + 1) * ChunkBlocks, matrix.Blocks);
        for (int block = chunk * ChunkBlocks; block < end; block += 8)
        {
            long place = tile * matrix.Blocks + block;
            long pair = place >> 1;
            CodePair a = codes.Load(matrix, pair, Warp.LaneIdx);
            CodePair b = codes.Load(matrix, pair + 1, Warp.LaneIdx);
            CodePair c = codes.Load(matrix, pair + 2, Warp.LaneIdx);
            CodePair d = codes.Load(matrix, pair + 3, Warp.LaneIdx);
            sum = Pair(sum, matrix, input, rows, a, place, block);
            sum = Pair(sum, matrix, input, rows, b, place + 2, block + 2);
            sum = Pair(sum, matrix, input, rows, c, place + 4, block + 4);
            sum = Pair(sum, matrix, input, rows, d, place + 6, block + 6);
        }

        return sum;
    }

    public FloatQuads Wide(MatrixView matrix, InputView input, InputRows a, long tile, int chunk)
    {
        TCodes codes = default;
        TScales scales = default;
        InputRows b = InputRows.Next(a);
        InputRows c = InputRows.Next(b);
        InputRows d = InputRows.Next(c);
        FloatQuads sums = default;
        int zero = codes.Zero(matrix);
        int g = Warp.LaneIdx / 4;
        int end = XMath.Min((chunk + 1) * ChunkBlocks, matrix.Blocks);
        for (int block = chunk * ChunkBlocks; block < end; block += 4)
        {
            long place = tile * matrix.Blocks + block;
            long pair = place >> 1;
            CodePair first = codes.Load(matrix, pair, Warp.LaneIdx);
            CodePair second = codes.Load(matrix, pair + 1, Warp.LaneIdx);
            sums = WarpBlock<TScales>.Add(sums, codes.Even(first), scales.Pair(matrix, place, g), InputRows.Read(a, input, block), InputRows.Read(b, input, block), InputRows.Read(c, input, block), InputRows.Read(d, input, block), zero);
            sums = WarpBlock<TScales>.Add(sums, codes.Odd(first), scales.Pair(matrix, place + 1, g), InputRows.Read(a, input, block + 1), InputRows.Read(b, input, block + 1), InputRows.Read(c, input, block + 1), InputRows.Read(d, input, block + 1), zero);
            sums = WarpBlock<TScales>.Add(sums, codes.Even(second), scales.Pair(matrix, place + 2, g), InputRows.Read(a, input, block + 2), InputRows.Read(b, input, block + 2), InputRows.Read(c, input, block + 2), InputRows.Read(d, input, block + 2), zero);
            sums = WarpBlock<TScales>.Add(sums, codes.Odd(second), scales.Pair(matrix, place + 3, g), InputRows.Read(a, input, block + 3), InputRows.Read(b, input, block + 3), InputRows.Read(c, input, block + 3), InputRows.Read(d, input, block + 3), zero);
        }

        return sums;
    }

    public float Finish(InputView input, int row, float total) => total;

    private static FloatQuad Pair(FloatQuad sum, MatrixView matrix, InputView input, InputRows rows, CodePair pair, long place, int block)
    {
        TCodes codes = default;
        TScales scales = default;
        int zero = codes.Zero(matrix);
        int g = Warp.LaneIdx / 4;
        sum = WarpBlock<TScales>.Add(sum, codes.Even(pair), scales.Pair(matrix, place, g), InputRows.Read(rows, input, block), zero);
        return WarpBlock<TScales>.Add(sum, codes.Odd(pair), scales.Pair(matrix, place + 1, g), InputRows.Read(rows, input, block + 1), zero);
    }
}

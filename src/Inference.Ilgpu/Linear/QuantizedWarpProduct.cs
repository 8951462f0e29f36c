using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Quantised weights: computes what <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.</summary>
/// <remarks>
/// A card whose multiprocessors get 14.5 bytes a clock (3.35 TB/s, 132 of them, 1.75 GHz) can issue about 140 instructions of a warp in the time
/// that 512 bytes take. For one row the assembler (sm_90) makes of a block of 16 x 32 weights 26 instructions for 544 bytes of Q8_0, 31 for 288 of
/// Q4_0, 50 for 296 of Q4_K and 57 for 420 of Q6_K: memory is what they wait for. For eight rows it is 36, 40, 66 and 70.
/// </remarks>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal readonly struct QuantizedWarpProduct<TCodes, TScales> : IWarpProduct
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    private const int ChunkBlocks = MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns;

    public int Chunks(MatrixView matrix) => (matrix.Blocks + ChunkBlocks - 1) / ChunkBlocks;

    public FloatQuad Narrow(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk, int count)
    {
        if (count == 1)
            return Chunk(matrix, input, rows, tile, chunk, default(OneRow));
        return Chunk(matrix, input, rows, tile, chunk, default(EightRows));
    }

    public FloatQuads Wide(MatrixView matrix, InputView input, InputRows a, long tile, int chunk)
    {
        TCodes codes = default;
        TScales scales = default;
        InputRows b = InputRows.Next(a);
        InputRows c = InputRows.Next(b);
        InputRows d = InputRows.Next(c);
        FloatQuads sums = default;
        int g = Warp.LaneIdx / 4;
        int end = XMath.Min((chunk + 1) * ChunkBlocks, matrix.Blocks);
        for (int block = chunk * ChunkBlocks; block < end; block += 4)
        {
            int place = (int)tile * matrix.Blocks + block;
            int pair = place >> 1;
            int super = place >> 3;
            CodePair first = codes.Load(matrix, pair, Warp.LaneIdx);
            CodePair second = codes.Load(matrix, pair + 1, Warp.LaneIdx);
            sums = WarpBlock<TScales>.Add(sums, codes.Even(first), scales.Pair(matrix, super, place, g, codes.Unit), InputRows.Read(a, input, block), InputRows.Read(b, input, block), InputRows.Read(c, input, block), InputRows.Read(d, input, block));
            sums = WarpBlock<TScales>.Add(sums, codes.Odd(first), scales.Pair(matrix, super, place + 1, g, codes.Unit), InputRows.Read(a, input, block + 1), InputRows.Read(b, input, block + 1), InputRows.Read(c, input, block + 1), InputRows.Read(d, input, block + 1));
            sums = WarpBlock<TScales>.Add(sums, codes.Even(second), scales.Pair(matrix, super, place + 2, g, codes.Unit), InputRows.Read(a, input, block + 2), InputRows.Read(b, input, block + 2), InputRows.Read(c, input, block + 2), InputRows.Read(d, input, block + 2));
            sums = WarpBlock<TScales>.Add(sums, codes.Odd(second), scales.Pair(matrix, super, place + 3, g, codes.Unit), InputRows.Read(a, input, block + 3), InputRows.Read(b, input, block + 3), InputRows.Read(c, input, block + 3), InputRows.Read(d, input, block + 3));
        }

        return sums;
    }

    public float Finish(InputView input, int row, float total) => total;

    /// <remarks>Eight blocks at a time: their codes, 2 to 4 KB a warp, are on their way together.</remarks>
    private static FloatQuad Chunk<TRows>(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk, TRows form)
        where TRows : struct, INarrowRows
    {
        TCodes codes = default;
        FloatQuad sum = default;
        int end = XMath.Min((chunk + 1) * ChunkBlocks, matrix.Blocks);
        for (int block = chunk * ChunkBlocks; block < end; block += 8)
        {
            int place = (int)tile * matrix.Blocks + block;
            int pair = place >> 1;
            int super = place >> 3;
            CodePair a = codes.Load(matrix, pair, Warp.LaneIdx);
            CodePair b = codes.Load(matrix, pair + 1, Warp.LaneIdx);
            CodePair c = codes.Load(matrix, pair + 2, Warp.LaneIdx);
            CodePair d = codes.Load(matrix, pair + 3, Warp.LaneIdx);
            sum = Pair(sum, matrix, input, rows, a, super, place, block, form);
            sum = Pair(sum, matrix, input, rows, b, super, place + 2, block + 2, form);
            sum = Pair(sum, matrix, input, rows, c, super, place + 4, block + 4, form);
            sum = Pair(sum, matrix, input, rows, d, super, place + 6, block + 6, form);
        }

        return sum;
    }

    private static FloatQuad Pair<TRows>(FloatQuad sum, MatrixView matrix, InputView input, InputRows rows, CodePair pair, int super, int place, int block, TRows form)
        where TRows : struct, INarrowRows
    {
        TCodes codes = default;
        TScales scales = default;
        int g = Warp.LaneIdx / 4;
        sum = form.Add<TScales>(sum, codes.Even(pair), scales.Pair(matrix, super, place, g, codes.Unit), InputRows.Read(rows, input, block));
        return form.Add<TScales>(sum, codes.Odd(pair), scales.Pair(matrix, super, place + 1, g, codes.Unit), InputRows.Read(rows, input, block + 1));
    }
}

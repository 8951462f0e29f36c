using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Weights of 16 bits times rows rounded to the same type. Tensor cores add a chunk up in an order of their own, the same for every row.</summary>
/// <typeparam name="TProduct">The type.</typeparam>
internal readonly struct HalfWarpProduct<TProduct> : IWarpProduct
    where TProduct : struct, IHalfProduct
{
    private const int BlockColumns = 16;
    private const int ChunkBlocks = MatrixLayout.ChunkColumns / BlockColumns;

    public int Chunks(MatrixView matrix) => (matrix.Blocks + ChunkBlocks - 1) / ChunkBlocks;

    public FloatQuad Narrow(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk)
    {
        TProduct product = default;
        FloatQuad sum = default;
        int block = chunk * ChunkBlocks;
        int end = XMath.Min(block + ChunkBlocks, matrix.Blocks);
        long place = (tile * matrix.Blocks + block) * 32 + Warp.LaneIdx;
        // Eight blocks at a time: 4 KB of weights a warp are on their way together.
        for (; block + 8 <= end; block += 8)
        {
            IntQuad a = matrix.CodeQuads[place];
            IntQuad b = matrix.CodeQuads[place + 32];
            IntQuad c = matrix.CodeQuads[place + 64];
            IntQuad d = matrix.CodeQuads[place + 96];
            IntQuad e = matrix.CodeQuads[place + 128];
            IntQuad f = matrix.CodeQuads[place + 160];
            IntQuad g = matrix.CodeQuads[place + 192];
            IntQuad h = matrix.CodeQuads[place + 224];
            sum = product.Multiply(a, InputRows.ReadCodes(rows, input, block), sum);
            sum = product.Multiply(b, InputRows.ReadCodes(rows, input, block + 1), sum);
            sum = product.Multiply(c, InputRows.ReadCodes(rows, input, block + 2), sum);
            sum = product.Multiply(d, InputRows.ReadCodes(rows, input, block + 3), sum);
            sum = product.Multiply(e, InputRows.ReadCodes(rows, input, block + 4), sum);
            sum = product.Multiply(f, InputRows.ReadCodes(rows, input, block + 5), sum);
            sum = product.Multiply(g, InputRows.ReadCodes(rows, input, block + 6), sum);
            sum = product.Multiply(h, InputRows.ReadCodes(rows, input, block + 7), sum);
            place += 256;
        }

        for (; block < end; block++)
        {
            sum = product.Multiply(matrix.CodeQuads[place], InputRows.ReadCodes(rows, input, block), sum);
            place += 32;
        }

        return sum;
    }

    public FloatQuads Wide(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk)
    {
        TProduct product = default;
        FloatQuads sums = default;
        InputRows b = InputRows.Next(rows);
        InputRows c = InputRows.Next(b);
        InputRows d = InputRows.Next(c);
        int block = chunk * ChunkBlocks;
        int end = XMath.Min(block + ChunkBlocks, matrix.Blocks);
        long place = (tile * matrix.Blocks + block) * 32 + Warp.LaneIdx;
        for (; block + 2 <= end; block += 2)
        {
            IntQuad even = matrix.CodeQuads[place];
            IntQuad odd = matrix.CodeQuads[place + 32];
            sums = Add(sums, product, even, input, rows, b, c, d, block);
            sums = Add(sums, product, odd, input, rows, b, c, d, block + 1);
            place += 64;
        }

        if (block < end)
            sums = Add(sums, product, matrix.CodeQuads[place], input, rows, b, c, d, block);
        return sums;
    }

    public float Finish(InputView input, int row, float total) => Exact.Multiply(total, input.Scales[row]);

    private static FloatQuads Add(FloatQuads sums, TProduct product, IntQuad weights, InputView input, InputRows a, InputRows b, InputRows c, InputRows d, int block)
    {
        sums.A = product.Multiply(weights, InputRows.ReadCodes(a, input, block), sums.A);
        sums.B = product.Multiply(weights, InputRows.ReadCodes(b, input, block), sums.B);
        sums.C = product.Multiply(weights, InputRows.ReadCodes(c, input, block), sums.C);
        sums.D = product.Multiply(weights, InputRows.ReadCodes(d, input, block), sums.D);
        return sums;
    }
}

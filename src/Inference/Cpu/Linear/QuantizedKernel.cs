using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Quantised panels times a quantised input.</summary>
/// <remarks>
/// Each sum adds its blocks of 32 columns in ascending order, one lane a sum; inside a block there are only integers. So a sum's bits
/// depend on neither the width of the register nor the number of rows computed along with it.
/// </remarks>
internal static unsafe class QuantizedKernel<TLanes, T, TCodes, TScales>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
    where TCodes : struct, ICodes<T>
    where TScales : struct, IScales<T>
{
    private const int Tile = QuantizedActivations.TileRows;
    private const int LaneBytes = 4;

    private static int SuperBytes => TScales.Blocks * TCodes.Bytes + TScales.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in PanelTask task)
    {
        int blocks = task.Columns / PanelLayout.BlockColumns;
        byte* unaligned = stackalloc byte[Tile * sizeof(T) + 64];
        T* sums = (T*)(((nint)unaligned + 63) & ~63);
        for (int panel = task.FirstPanel; panel < task.EndPanel; panel++)
        {
            byte* weights = task.Panels + panel * task.PanelBytes;
            for (int first = task.FirstRow; first < task.EndRow; first += task.TileRows)
            {
                byte* input = (byte*)(task.QuantizedInput + (nint)first * blocks);
                // Rows of a tile lie block by block, so a last, lower tile has shorter steps, whatever part of it is asked for.
                int rows = Math.Min(task.TileRows, task.InputRows - first);
                for (int row = 0; row < PanelLayout.Rows; row += TLanes.Count)
                {
                    int matrixRow = panel * PanelLayout.Rows + row;
                    if (matrixRow >= task.MatrixRows)
                        break;
                    if (rows == 1)
                    {
                        task.Store<TLanes, T>(first, matrixRow, ComputeRow(weights, row, input, blocks));
                        continue;
                    }

                    ComputeTile(weights, row, input, blocks, rows, sums);
                    for (int i = 0; i < rows; i++)
                        task.Store<TLanes, T>(first + i, matrixRow, sums[i]);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T ComputeRow(byte* weights, int row, byte* input, int blocks)
    {
        T lowTable = TCodes.LowTable;
        T highTable = TCodes.HighTable;
        T sum = default;
        for (; blocks > 0; blocks -= TScales.Blocks, weights += SuperBytes)
        {
            byte* scales = weights + TScales.Blocks * TCodes.Bytes;
            T scale = TScales.Scale(scales, row);
            T minimum = TScales.Minimum(scales, row);
            for (int block = 0; block < TScales.Blocks; block++, input += InputBlock.Bytes)
            {
                byte* codes = weights + block * TCodes.Bytes + row * LaneBytes;
                T firstScale = TScales.SubScale(scales, block, 0, row);
                T secondScale = TCodes.IsWide ? TLanes.ShiftInt16(firstScale, 4) : TScales.SubScale(scales, block, 1, row);
                sum = AddBlock(
                    sum, input, TScales.BlockScale(scale, scales, block, row), TScales.BlockMinimum(minimum, scales, block, row),
                    firstScale, secondScale, TScales.SubMinima(scales, block, row),
                    TCodes.Low(lowTable, codes, 0), TCodes.Low(lowTable, codes, 1), TCodes.Low(lowTable, codes, 2), TCodes.Low(lowTable, codes, 3),
                    TCodes.Low(lowTable, codes, 4), TCodes.Low(lowTable, codes, 5), TCodes.Low(lowTable, codes, 6), TCodes.Low(lowTable, codes, 7),
                    TCodes.High(highTable, codes, 0), TCodes.High(highTable, codes, 1), TCodes.High(highTable, codes, 2), TCodes.High(highTable, codes, 3),
                    TCodes.High(highTable, codes, 4), TCodes.High(highTable, codes, 5), TCodes.High(highTable, codes, 6), TCodes.High(highTable, codes, 7));
            }
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ComputeTile(byte* weights, int row, byte* input, int blocks, int rows, T* sums)
    {
        T lowTable = TCodes.LowTable;
        T highTable = TCodes.HighTable;
        for (int i = 0; i < rows; i++)
            sums[i] = default;

        for (; blocks > 0; blocks -= TScales.Blocks, weights += SuperBytes)
        {
            byte* scales = weights + TScales.Blocks * TCodes.Bytes;
            T scale = TScales.Scale(scales, row);
            T minimum = TScales.Minimum(scales, row);
            for (int block = 0; block < TScales.Blocks; block++)
            {
                byte* codes = weights + block * TCodes.Bytes + row * LaneBytes;
                T firstScale = TScales.SubScale(scales, block, 0, row);
                T secondScale = TCodes.IsWide ? TLanes.ShiftInt16(firstScale, 4) : TScales.SubScale(scales, block, 1, row);
                T subMinima = TScales.SubMinima(scales, block, row);
                T blockScale = TScales.BlockScale(scale, scales, block, row);
                T blockMinimum = TScales.BlockMinimum(minimum, scales, block, row);
                T low0 = TCodes.Low(lowTable, codes, 0);
                T low1 = TCodes.Low(lowTable, codes, 1);
                T low2 = TCodes.Low(lowTable, codes, 2);
                T low3 = TCodes.Low(lowTable, codes, 3);
                T low4 = TCodes.Low(lowTable, codes, 4);
                T low5 = TCodes.Low(lowTable, codes, 5);
                T low6 = TCodes.Low(lowTable, codes, 6);
                T low7 = TCodes.Low(lowTable, codes, 7);
                T high0 = TCodes.High(highTable, codes, 0);
                T high1 = TCodes.High(highTable, codes, 1);
                T high2 = TCodes.High(highTable, codes, 2);
                T high3 = TCodes.High(highTable, codes, 3);
                T high4 = TCodes.High(highTable, codes, 4);
                T high5 = TCodes.High(highTable, codes, 5);
                T high6 = TCodes.High(highTable, codes, 6);
                T high7 = TCodes.High(highTable, codes, 7);
                for (int i = 0; i < rows; i++, input += InputBlock.Bytes)
                {
                    sums[i] = AddBlock(
                        sums[i], input, blockScale, blockMinimum, firstScale, secondScale, subMinima,
                        low0, low1, low2, low3, low4, low5, low6, low7,
                        high0, high1, high2, high3, high4, high5, high6, high7);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T AddBlock(
        T sum, byte* input, T scale, T minimum, T firstScale, T secondScale, T subMinima,
        T low0, T low1, T low2, T low3, T low4, T low5, T low6, T low7,
        T high0, T high1, T high2, T high3, T high4, T high5, T high6, T high7)
    {
        T x0 = TLanes.Repeat(input);
        T x1 = TLanes.Repeat(input + 4);
        T x2 = TLanes.Repeat(input + 8);
        T x3 = TLanes.Repeat(input + 12);
        T x4 = TLanes.Repeat(input + 16);
        T x5 = TLanes.Repeat(input + 20);
        T x6 = TLanes.Repeat(input + 24);
        T x7 = TLanes.Repeat(input + 28);
        T first, second;
        if (TCodes.IsWide)
        {
            // The low parts of all 32 columns, and the high ones. The sums' distribution among 16-bit halves is free within their range.
            first = TLanes.DotBytes(low0, x0);
            second = TLanes.ShiftInt16(TLanes.Repeat(input + InputBlock.HalfSumsOffset), TCodes.ZeroPower);
            second = TLanes.AddInt16(second, TLanes.DotBytes(high0, x0));
            first = Add(first, low1, x1);
            second = Add(second, high1, x1);
            first = Add(first, low2, x2);
            second = Add(second, high2, x2);
            first = Add(first, low3, x3);
            second = Add(second, high3, x3);
            first = Add(first, low4, x4);
            second = Add(second, high4, x4);
            first = Add(first, low5, x5);
            second = Add(second, high5, x5);
            first = Add(first, low6, x6);
            second = Add(second, high6, x6);
            first = Add(first, low7, x7);
            second = Add(second, high7, x7);
        }
        else
        {
            // The first 16 columns, and the second ones.
            first = TLanes.DotBytes(low0, x0);
            second = TLanes.DotBytes(low4, x4);
            if (TCodes.ZeroPower >= 0)
            {
                first = TLanes.AddInt16(first, TLanes.ShiftInt16(TLanes.Repeat(input + InputBlock.FirstPairSumsOffset), TCodes.ZeroPower));
                second = TLanes.AddInt16(second, TLanes.ShiftInt16(TLanes.Repeat(input + InputBlock.SecondPairSumsOffset), TCodes.ZeroPower));
            }

            first = Add(first, low1, x1);
            second = Add(second, low5, x5);
            first = Add(first, low2, x2);
            second = Add(second, low6, x6);
            first = Add(first, low3, x3);
            second = Add(second, low7, x7);
        }

        T integer = TLanes.AddInt32(TLanes.DotInt16(first, firstScale), TLanes.DotInt16(second, secondScale));
        T inputScale = TLanes.Repeat(input + InputBlock.ScaleOffset);
        sum = TLanes.MultiplyAdd(TLanes.Int32ToSingle(integer), TLanes.Multiply(scale, inputScale), sum);
        return TScales.AddMinimum(sum, minimum, subMinima, inputScale, input);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Add(T sum, T codes, T inputs) => TLanes.AddInt16(sum, TLanes.DotBytes(codes, inputs));
}

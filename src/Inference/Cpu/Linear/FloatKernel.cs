using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>Panels of plain numbers times an input of floats or of pairs of bfloat16, in the order of additions that <see cref="FloatRuns"/> describes.</summary>
/// <remarks>
/// A lane is a row of the matrix and has one chain of additions for each row of the input, so several registers and rows are computed at
/// a time. Where there are fewer, the last one is computed again: that costs no more time than waiting for its additions.
/// </remarks>
internal static unsafe class FloatKernel<TLanes, T, TFloats>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
    where TFloats : struct, IFloats<T>
{
    // Registers of weights together: for one row of the input, and for several.
    private const int RowVectors = 4;
    private const int TileVectors = 2;
    private const int TileRows = 4;

    private static int ColumnBytes => PanelLayout.Rows * TFloats.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in PanelTask task)
    {
        int perPanel = PanelLayout.Rows / TLanes.Count;
        int end = task.EndPanel * perPanel;
        int rows = task.EndRow - task.FirstRow;
        int together = rows == 1 ? RowVectors : TileVectors;
        byte* unaligned = stackalloc byte[(rows == 1 ? RowVectors : (rows + FloatRuns.Columns) * TileVectors) * sizeof(T) + 64];
        T* sums = (T*)(((nint)unaligned + 63) & ~63);
        for (int vector = task.FirstPanel * perPanel; vector < end; vector += together)
        {
            if (rows == 1)
                ComputeRow(task, vector, end - 1, sums);
            else
                ComputeTiles(task, vector, end - 1, rows, sums, sums + rows * TileVectors);
            for (int i = 0; i < together && vector + i < end; i++)
            {
                int matrixRow = (vector + i) * TLanes.Count;
                for (int row = 0; row < rows && matrixRow < task.MatrixRows; row++)
                    task.Store<TLanes, T>(task.FirstRow + row, matrixRow, sums[row * together + i]);
            }
        }
    }

    /// <summary>The first weights of a register's rows.</summary>
    private static byte* Weights(in PanelTask task, int vector)
    {
        (int panel, int row) = Math.DivRem(vector * TLanes.Count, PanelLayout.Rows);
        return task.Panels + panel * task.PanelBytes + row * TFloats.Bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ComputeRow(in PanelTask task, int vector, int last, T* sums)
    {
        byte* weights0 = Weights(task, vector);
        byte* weights1 = Weights(task, Math.Min(vector + 1, last));
        byte* weights2 = Weights(task, Math.Min(vector + 2, last));
        byte* weights3 = Weights(task, Math.Min(vector + 3, last));
        float* input = task.Input + (nint)task.FirstRow * task.Columns;
        T total0 = default;
        T total1 = default;
        T total2 = default;
        T total3 = default;
        nint offset = 0;
        for (int column = 0; column < task.Columns;)
        {
            int end = Math.Min(column + FloatRuns.Columns, task.Columns);
            T sum0 = default;
            T sum1 = default;
            T sum2 = default;
            T sum3 = default;
            for (; column < end; column++, offset += ColumnBytes)
            {
                T factor = Repeat(input + column);
                sum0 = TFloats.MultiplyAdd(TFloats.Load(weights0 + offset), factor, sum0);
                sum1 = TFloats.MultiplyAdd(TFloats.Load(weights1 + offset), factor, sum1);
                sum2 = TFloats.MultiplyAdd(TFloats.Load(weights2 + offset), factor, sum2);
                sum3 = TFloats.MultiplyAdd(TFloats.Load(weights3 + offset), factor, sum3);
            }

            total0 = TLanes.Add(total0, sum0);
            total1 = TLanes.Add(total1, sum1);
            total2 = TLanes.Add(total2, sum2);
            total3 = TLanes.Add(total3, sum3);
        }

        sums[0] = total0;
        sums[1] = total1;
        sums[2] = total2;
        sums[3] = total3;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ComputeTiles(in PanelTask task, int vector, int last, int rows, T* sums, T* converted)
    {
        byte* weights0 = Weights(task, vector);
        byte* weights1 = Weights(task, Math.Min(vector + 1, last));
        NativeMemory.Clear(sums, (nuint)(rows * TileVectors * sizeof(T)));
        for (int column = 0; column < task.Columns; column += FloatRuns.Columns)
        {
            int count = Math.Min(FloatRuns.Columns, task.Columns - column);
            for (int k = 0; k < count; k++, weights0 += ColumnBytes, weights1 += ColumnBytes)
            {
                converted[k * TileVectors] = TFloats.Load(weights0);
                converted[k * TileVectors + 1] = TFloats.Load(weights1);
            }

            for (int first = 0; first < rows; first += task.TileRows)
            {
                int height = Math.Min(task.TileRows, rows - first);
                float* tile = task.Input + (task.FirstRow + first) * (nint)task.Columns + column * (nint)height;
                for (int row = 0; row < height; row += TileRows)
                    AddRows(converted, tile + row, height, count, height - row - 1, sums + (first + row) * TileVectors);
            }
        }
    }

    /// <summary>Adds a run to the sums of up to four rows.</summary>
    /// <param name="weights">Two registers a column.</param>
    /// <param name="input">The first row, column by column.</param>
    /// <param name="step">Floats from a column of the input to the next.</param>
    /// <param name="count">Columns.</param>
    /// <param name="last">The last row that there is, from the first.</param>
    /// <param name="sums">Two registers a row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(T* weights, float* input, nint step, int count, int last, T* sums)
    {
        int row1 = Math.Min(1, last);
        int row2 = Math.Min(2, last);
        int row3 = Math.Min(3, last);
        T sum00 = default;
        T sum01 = default;
        T sum10 = default;
        T sum11 = default;
        T sum20 = default;
        T sum21 = default;
        T sum30 = default;
        T sum31 = default;
        for (; count > 0; count--, weights += TileVectors, input += step)
        {
            T weight0 = weights[0];
            T weight1 = weights[1];
            T factor = Repeat(input);
            sum00 = TFloats.MultiplyAdd(weight0, factor, sum00);
            sum01 = TFloats.MultiplyAdd(weight1, factor, sum01);
            factor = Repeat(input + row1);
            sum10 = TFloats.MultiplyAdd(weight0, factor, sum10);
            sum11 = TFloats.MultiplyAdd(weight1, factor, sum11);
            factor = Repeat(input + row2);
            sum20 = TFloats.MultiplyAdd(weight0, factor, sum20);
            sum21 = TFloats.MultiplyAdd(weight1, factor, sum21);
            factor = Repeat(input + row3);
            sum30 = TFloats.MultiplyAdd(weight0, factor, sum30);
            sum31 = TFloats.MultiplyAdd(weight1, factor, sum31);
        }

        Add(sums, sum00, sum01);
        if (last >= 1)
            Add(sums + TileVectors, sum10, sum11);
        if (last >= 2)
            Add(sums + 2 * TileVectors, sum20, sum21);
        if (last >= 3)
            Add(sums + 3 * TileVectors, sum30, sum31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(T* sums, T sum0, T sum1)
    {
        sums[0] = TLanes.Add(sums[0], sum0);
        sums[1] = TLanes.Add(sums[1], sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Repeat(float* value) => TLanes.Repeat((byte*)value);
}

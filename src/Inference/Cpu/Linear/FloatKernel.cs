using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Panels of plain numbers times an input of floats.</summary>
/// <remarks>
/// Each sum is (s0 + s1) + (s2 + s3), where chain si adds the columns k with k mod 4 = i in ascending order: chains enough to hide the
/// latency of an addition when there is one row, and the same additions for any number of rows.
/// </remarks>
internal static unsafe class FloatKernel<TLanes, T, TFloats>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
    where TFloats : struct, IFloats<T>
{
    private const int Tile = QuantizedActivations.TileRows;
    private const int Chains = 4;
    // Columns whose weights are converted once for all rows of a tile; a multiple of the chains.
    private const int RunColumns = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in PanelTask task)
    {
        byte* unaligned = stackalloc byte[(Tile * Chains + RunColumns) * sizeof(T) + 64];
        T* sums = (T*)(((nint)unaligned + 63) & ~63);
        T* converted = sums + Tile * Chains;
        for (int panel = task.FirstPanel; panel < task.EndPanel; panel++)
        {
            byte* weights = task.Panels + panel * task.PanelBytes;
            for (int first = task.FirstRow; first < task.EndRow; first += Tile)
            {
                float* input = task.Input + (nint)first * task.Columns;
                int rows = Math.Min(Tile, task.EndRow - first);
                for (int row = 0; row < PanelLayout.Rows; row += TLanes.Count)
                {
                    int matrixRow = panel * PanelLayout.Rows + row;
                    if (matrixRow >= task.MatrixRows)
                        break;
                    ComputeTile(weights + row * TFloats.Bytes, input, task.Columns, rows, sums, converted);
                    for (int i = 0; i < rows; i++)
                    {
                        T* chains = sums + i * Chains;
                        task.Store<TLanes, T>(first + i, matrixRow, TLanes.Add(TLanes.Add(chains[0], chains[1]), TLanes.Add(chains[2], chains[3])));
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ComputeTile(byte* weights, float* input, int columns, int rows, T* sums, T* converted)
    {
        for (int i = 0; i < rows * Chains; i++)
            sums[i] = default;

        if (rows == 1)
        {
            AddRow<TFloats>(weights, PanelLayout.Rows * TFloats.Bytes, input, columns, sums);
            return;
        }

        bool areFloats = typeof(TFloats) == typeof(SingleFloats<TLanes, T>);
        int step = areFloats ? PanelLayout.Rows * sizeof(float) : sizeof(T);
        for (int column = 0; column < columns; column += RunColumns, weights += RunColumns * PanelLayout.Rows * TFloats.Bytes)
        {
            int count = Math.Min(RunColumns, columns - column);
            byte* floats = areFloats ? weights : (byte*)converted;
            for (int k = 0; k < count && !areFloats; k++)
                converted[k] = TFloats.Load(weights + k * PanelLayout.Rows * TFloats.Bytes);

            int row = 0;
            for (; row <= rows - 4; row += 4)
                AddFourRows(floats, step, input + (nint)row * columns + column, columns, count, sums + row * Chains);
            for (; row < rows; row++)
                AddRow<SingleFloats<TLanes, T>>(floats, step, input + (nint)row * columns + column, count, sums + row * Chains);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<TSource>(byte* weights, int step, float* input, int count, T* sums)
        where TSource : struct, IFloats<T>
    {
        T sum0 = sums[0];
        T sum1 = sums[1];
        T sum2 = sums[2];
        T sum3 = sums[3];
        int k = 0;
        for (; k <= count - Chains; k += Chains, weights += Chains * step)
        {
            sum0 = TLanes.MultiplyAdd(TSource.Load(weights), Repeat(input + k), sum0);
            sum1 = TLanes.MultiplyAdd(TSource.Load(weights + step), Repeat(input + k + 1), sum1);
            sum2 = TLanes.MultiplyAdd(TSource.Load(weights + 2 * step), Repeat(input + k + 2), sum2);
            sum3 = TLanes.MultiplyAdd(TSource.Load(weights + 3 * step), Repeat(input + k + 3), sum3);
        }

        sums[0] = sum0;
        sums[1] = sum1;
        sums[2] = sum2;
        sums[3] = sum3;
        for (; k < count; k++, sums++, weights += step)
            *sums = TLanes.MultiplyAdd(TSource.Load(weights), Repeat(input + k), *sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFourRows(byte* weights, int step, float* input, nint stride, int count, T* sums)
    {
        float* input1 = input + stride;
        float* input2 = input1 + stride;
        float* input3 = input2 + stride;
        T sum00 = sums[0];
        T sum01 = sums[1];
        T sum02 = sums[2];
        T sum03 = sums[3];
        T sum10 = sums[4];
        T sum11 = sums[5];
        T sum12 = sums[6];
        T sum13 = sums[7];
        T sum20 = sums[8];
        T sum21 = sums[9];
        T sum22 = sums[10];
        T sum23 = sums[11];
        T sum30 = sums[12];
        T sum31 = sums[13];
        T sum32 = sums[14];
        T sum33 = sums[15];
        int k = 0;
        for (; k <= count - Chains; k += Chains, weights += Chains * step)
        {
            T weight = TLanes.Load(weights);
            sum00 = TLanes.MultiplyAdd(weight, Repeat(input + k), sum00);
            sum10 = TLanes.MultiplyAdd(weight, Repeat(input1 + k), sum10);
            sum20 = TLanes.MultiplyAdd(weight, Repeat(input2 + k), sum20);
            sum30 = TLanes.MultiplyAdd(weight, Repeat(input3 + k), sum30);
            weight = TLanes.Load(weights + step);
            sum01 = TLanes.MultiplyAdd(weight, Repeat(input + k + 1), sum01);
            sum11 = TLanes.MultiplyAdd(weight, Repeat(input1 + k + 1), sum11);
            sum21 = TLanes.MultiplyAdd(weight, Repeat(input2 + k + 1), sum21);
            sum31 = TLanes.MultiplyAdd(weight, Repeat(input3 + k + 1), sum31);
            weight = TLanes.Load(weights + 2 * step);
            sum02 = TLanes.MultiplyAdd(weight, Repeat(input + k + 2), sum02);
            sum12 = TLanes.MultiplyAdd(weight, Repeat(input1 + k + 2), sum12);
            sum22 = TLanes.MultiplyAdd(weight, Repeat(input2 + k + 2), sum22);
            sum32 = TLanes.MultiplyAdd(weight, Repeat(input3 + k + 2), sum32);
            weight = TLanes.Load(weights + 3 * step);
            sum03 = TLanes.MultiplyAdd(weight, Repeat(input + k + 3), sum03);
            sum13 = TLanes.MultiplyAdd(weight, Repeat(input1 + k + 3), sum13);
            sum23 = TLanes.MultiplyAdd(weight, Repeat(input2 + k + 3), sum23);
            sum33 = TLanes.MultiplyAdd(weight, Repeat(input3 + k + 3), sum33);
        }

        sums[0] = sum00;
        sums[1] = sum01;
        sums[2] = sum02;
        sums[3] = sum03;
        sums[4] = sum10;
        sums[5] = sum11;
        sums[6] = sum12;
        sums[7] = sum13;
        sums[8] = sum20;
        sums[9] = sum21;
        sums[10] = sum22;
        sums[11] = sum23;
        sums[12] = sum30;
        sums[13] = sum31;
        sums[14] = sum32;
        sums[15] = sum33;
        for (; k < count; k++, sums++, weights += step)
        {
            T weight = TLanes.Load(weights);
            sums[0] = TLanes.MultiplyAdd(weight, Repeat(input + k), sums[0]);
            sums[4] = TLanes.MultiplyAdd(weight, Repeat(input1 + k), sums[4]);
            sums[8] = TLanes.MultiplyAdd(weight, Repeat(input2 + k), sums[8]);
            sums[12] = TLanes.MultiplyAdd(weight, Repeat(input3 + k), sums[12]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Repeat(float* value) => TLanes.Repeat((byte*)value);
}

using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Elements;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Rounds activations to 8 bits: for each 32 of a row the scale is their largest magnitude / 127. A thread for each block.</summary>
internal static class QuantizeKernel
{
    /// <param name="index">Block of the whole input, padding included.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="output">[rows, blocks].</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="blocks">Blocks a row; what lies beyond the columns counts as 0.</param>
    public static void Run(Index1D index, ArrayView<float> input, InputView output, int columns, int blocks)
    {
        int row = index / blocks;
        int first = (index - row * blocks) * MatrixLayout.BlockColumns;
        int count = XMath.Min(columns - first, MatrixLayout.BlockColumns);
        long start = (long)row * columns + first;
        // As integers, magnitudes of floats keep their order, and NaN is the largest: a row with one becomes NaN, not a number.
        int largest = 0;
        for (int i = 0; i < count; i++)
            largest = XMath.Max(largest, (int)(Interop.FloatAsInt(input[start + i]) & 0x7FFFFFFFu));
        float magnitude = Interop.IntAsFloat((uint)largest);
        float inverse = 0;
        if (largest != 0 && Curves.IsFinite(magnitude))
            inverse = 127 / magnitude;
        // Beyond the range of the inverse everything is as good as nothing.
        if (!Curves.IsFinite(inverse))
            inverse = 0;
        int low = 0;
        int high = 0;
        for (int word = 0; word < 8; word++)
        {
            int packed = 0;
            int sum = 0;
            for (int i = 0; i < 4; i++)
            {
                int column = word * 4 + i;
                int code = 0;
                if (column < count && inverse != 0)
                    code = (int)XMath.Floor(Exact.MultiplyAdd(input[start + column], inverse, 0.5f));
                code = XMath.Max(-127, XMath.Min(127, code));
                packed |= (code & 0xFF) << (i * 8);
                sum += code;
            }

            if (word < 4)
                low += sum;
            else
                high += sum;
            int place = word < 4 ? word * 2 : (word - 4) * 2 + 1;
            output.Codes[(long)index.X * 8 + place] = packed;
        }

        output.Scales[index] = magnitude / 127;
        output.Sums[(long)index.X * 2] = low;
        output.Sums[(long)index.X * 2 + 1] = high;
    }
}

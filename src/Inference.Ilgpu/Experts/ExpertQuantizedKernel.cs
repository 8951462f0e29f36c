using ILGPU;
using Inference.Ilgpu.Intrinsics;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

/// <summary>Quantised weights of each place's expert times its row, a thread for each result, added as <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.</summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class ExpertQuantizedKernel<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    /// <param name="index">Place in the order of experts x padded rows.</param>
    /// <param name="stack">The weights of all experts.</param>
    /// <param name="input">The rows.</param>
    /// <param name="places">Who computes what.</param>
    /// <param name="biases">[experts, rows]; read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[places, rows].</param>
    /// <param name="hasBias">1 or 0.</param>
    public static void Run(Index1D index, MatrixView stack, InputView input, ExpertPlaces places, ArrayView<float> biases, ArrayView<float> output, int hasBias)
    {
        int ordered = index / places.PaddedRows;
        int row = index - ordered * places.PaddedRows;
        if (row >= places.Rows)
            return;
        int place = places.Order[ordered];
        int expert = places.Experts[place];
        float total = PlainQuantizedKernel<TCodes, TScales>.Result(stack, input, place / places.Shared, expert * places.PaddedRows + row);
        if (hasBias != 0)
            total = Exact.Add(total, biases[(long)expert * places.Rows + row]);
        output[(long)place * places.Rows + row] = total;
    }
}

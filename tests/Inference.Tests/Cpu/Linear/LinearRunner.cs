using System.Runtime.InteropServices;
using Inference.Cpu;
using Inference.Cpu.Linear;

namespace Inference.Tests.Cpu.Linear;

/// <summary>Runs linear layers on managed arrays.</summary>
internal static unsafe class LinearRunner
{
    public static float[] RandomInput(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        float[] input = new float[rows * columns];
        for (int i = 0; i < input.Length; i++)
            input[i] = (random.NextSingle() + random.NextSingle() - 1) * MathF.Exp(2 * random.NextSingle());
        return input;
    }

    public static float[] Run(ThreadTeam team, PackedMatrix weight, float[] input, float[]? bias = null) =>
        Run(team, input, (weight, bias))[0];

    /// <summary>Computes layers in one call, into outputs with a gap after each row that must stay as it is.</summary>
    public static float[][] Run(ThreadTeam team, float[] input, params (PackedMatrix Weight, float[]? Bias)[] layers)
    {
        const int Gap = 3;
        int columns = layers[0].Weight.Columns;
        int rows = input.Length / columns;
        using var scratch = new QuantizedActivations();
        var pins = new List<GCHandle>();
        var calls = new LinearCall[layers.Length];
        float[][] padded = new float[layers.Length][];
        try
        {
            for (int i = 0; i < layers.Length; i++)
            {
                nint stride = layers[i].Weight.Rows + Gap;
                padded[i] = new float[rows * stride];
                Array.Fill(padded[i], -1234.5f);
                calls[i] = new LinearCall(layers[i].Weight, Pin(layers[i].Bias), Pin(padded[i]), stride);
            }

            LinearKernel.Run(team, Pin(input), rows, columns, scratch, calls);
        }
        finally
        {
            pins.ForEach(pin => pin.Free());
        }

        return [.. padded.Select((output, i) => WithoutGaps(output, layers[i].Weight.Rows, Gap))];

        float* Pin(float[]? array)
        {
            if (array is null)
                return null;
            var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            pins.Add(pin);
            return (float*)pin.AddrOfPinnedObject();
        }
    }

    private static float[] WithoutGaps(float[] output, int columns, int gap)
    {
        float[] result = new float[output.Length / (columns + gap) * columns];
        for (int i = 0; i < output.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, columns + gap);
            if (column < columns)
                result[row * columns + column] = output[i];
            else
                Assert.Equal(-1234.5f, output[i]);
        }

        return result;
    }
}

using Inference.Execution;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>A mixture of experts in float64.</summary>
internal static class ExpertNumerics
{
    /// <param name="experts">The layer.</param>
    /// <param name="input">[rows, width].</param>
    /// <param name="scores">[rows, experts].</param>
    /// <param name="rows">How many.</param>
    /// <returns>[rows, width].</returns>
    public static double[] Expected(ExpertBench experts, float[] input, float[] scores, int rows)
    {
        ExpertShape shape = experts.Shape;
        float[][] gates = Values(experts.Gate), ups = Values(experts.Up), downs = Values(experts.Down);
        double[] expected = new double[rows * shape.Width];
        Parallel.For(0, rows, row =>
        {
            int[] chosen = [.. Enumerable.Range(0, shape.Experts).OrderByDescending(expert => scores[(row * shape.Experts) + expert]).Take(shape.Chosen)];
            double[] parts = [.. chosen.Select(expert => Math.Exp(scores[(row * shape.Experts) + expert]))];
            double[] rowInput = [.. input.AsSpan(row * shape.Width, shape.Width).ToArray().Select(value => (double)value)];
            for (int rank = 0; rank < chosen.Length; rank++)
            {
                double[] gate = Multiply(gates[chosen[rank]], rowInput), up = Multiply(ups[chosen[rank]], rowInput);
                double[] output = Multiply(downs[chosen[rank]], [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)]);
                for (int i = 0; i < shape.Width; i++)
                    expected[(row * shape.Width) + i] += parts[rank] / parts.Sum() * output[i];
            }
        });
        return expected;
    }

    private static float[][] Values((Weights Stored, DeviceWeight)[] weights) => [.. weights.Select(weight =>
    {
        float[] values = new float[weight.Stored.Tensor.ElementCount];
        BlockFormat.Dequantize(weight.Stored.Tensor.Type, weight.Stored.Bytes, values);
        return values;
    })];

    private static double[] Multiply(float[] matrix, double[] vector)
    {
        double[] products = new double[matrix.Length / vector.Length];
        for (int row = 0; row < products.Length; row++)
        {
            for (int i = 0; i < vector.Length; i++)
                products[row] += matrix[(row * vector.Length) + i] * vector[i];
        }

        return products;
    }
}

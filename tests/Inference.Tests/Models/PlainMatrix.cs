namespace Inference.Tests.Models;

/// <summary>Vectors and matrices in float64, one element after another.</summary>
internal static class PlainMatrix
{
    public static double[] Multiply(PlainTensor matrix, double[] x)
    {
        double[] y = new double[matrix.Rows];
        for (int row = 0; row < y.Length; row++)
        {
            ReadOnlySpan<float> w = matrix.Values.AsSpan(row * x.Length, x.Length);
            double sum = 0;
            for (int i = 0; i < w.Length; i++)
                sum += w[i] * x[i];
            y[row] = sum;
        }

        return y;
    }

    public static double[] Row(PlainTensor table, int row) => Widen(table.Slice(row, 1));

    public static double[] Widen(PlainTensor tensor) => Array.ConvertAll(tensor.Values, v => (double)v);

    public static void AddTo(double[] x, double[] y)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] += y[i];
    }

    public static double[] Times(double[] x, double factor) => Array.ConvertAll(x, v => v * factor);

    /// <summary>Soft-capping, as in Gemma 2.</summary>
    public static double Cap(double x, double cap) => cap > 0 ? cap * Math.Tanh(x / cap) : x;
}

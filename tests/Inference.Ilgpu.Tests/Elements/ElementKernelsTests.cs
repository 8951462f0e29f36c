using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Elements;
using Inference.Tests.Models;

namespace Inference.Ilgpu.Tests.Elements;

/// <summary>Each kernel against the same formula in doubles, on what accelerators there are without a card.</summary>
[Collection(Emulation.Name)]
public class ElementKernelsTests
{
    private static readonly Random _random = new(1);

    public static TheoryData<AcceleratorKind> Kinds => [AcceleratorKind.Cpu, AcceleratorKind.OpenCL];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Normalize(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        ElementKernels kernels = new(test.Queue);
        foreach ((int rows, int columns, int length) in ((int, int, int)[])[(1, 64, 64), (3, 100, 100), (2, 96, 24), (2, 1000, 1000)])
        {
            foreach (NormKind norm in Enum.GetValues<NormKind>())
            {
                foreach (bool adds in (bool[])[false, true])
                {
                    float[] hidden = Values(rows * columns, 3), addend = Values(rows * columns), gain = Values(length), bias = Values(length);
                    using var hiddenBuffer = test.Put(hidden);
                    using var addendBuffer = test.Put(addend);
                    using var gainBuffer = test.Put(gain);
                    using var biasBuffer = test.Put(bias);
                    using var result = test.Put(new float[hidden.Length]);
                    kernels.Normalize(hiddenBuffer.View, adds ? addendBuffer.View : null, norm, gainBuffer.View, norm == NormKind.Layer ? biasBuffer.View : null, 1e-5f, result.View);
                    double[] sums = [.. hidden.Select((value, i) => adds ? value + addend[i] : value)];
                    double[] expected = [.. sums.Chunk(length).SelectMany(run => Normalized(run, norm, gain, bias))];
                    AssertClose(expected, test.Get(result), 2e-6);
                    Assert.Equal(sums.Select(sum => (float)sum), test.Get(hiddenBuffer));

                    // In place, and one run of the many, bit for bit.
                    using var one = test.Put(hidden[..columns]);
                    kernels.Normalize(one.View, adds ? addendBuffer.View.SubView(0, columns) : null, norm, gainBuffer.View, norm == NormKind.Layer ? biasBuffer.View : null, 1e-5f, one.View);
                    Assert.Equal(test.Get(result)[..columns], test.Get(one));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Elements(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        ElementKernels kernels = new(test.Queue);
        float[] x = [.. Values(500, 4), 0, -0f, 1e-6f, 0.099f, 0.101f, 90, -90, 1e30f, -1e30f];
        float[] y = Values(x.Length, 5);
        using var other = test.Put(y);
        void Check(Action<ArrayView<float>> run, Func<double, double, double> formula, double tolerance)
        {
            using var buffer = test.Put(x);
            run(buffer.View);
            AssertClose([.. x.Select((value, i) => formula(value, y[i]))], test.Get(buffer), tolerance);
        }

        Check(view => kernels.Add(view, other.View), (a, b) => a + b, 1e-7);
        Check(view => kernels.Scale(view, 0.3f), (a, _) => a * 0.3f, 1e-7);
        Check(view => kernels.SoftCap(view, 30), (a, _) => 30 * Math.Tanh(a / 30), 1e-6);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            Check(view => kernels.Gate(view, other.View, activation, view), (a, b) => Gated(activation, a, b), 2e-6);
            if (activation != Activation.ClampedSwiglu)
                Check(view => kernels.Gate(view, null, activation, view), (a, _) => Gated(activation, a, 1), 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_are_selected_and_searched(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        ElementKernels kernels = new(test.Queue);
        const int Columns = 300;
        float[] rows = Values(6 * Columns);
        // Equals, a NaN, nothing but infinities, an infinity among numbers.
        rows[70] = rows[170] = rows[299] = 100;
        rows[(1 * Columns) + 5] = float.NaN;
        Array.Fill(rows, float.NegativeInfinity, 2 * Columns, Columns);
        rows[(3 * Columns) + 123] = float.PositiveInfinity;
        Array.Fill(rows, float.PositiveInfinity, 4 * Columns, Columns);
        Array.Fill(rows, float.NegativeInfinity, 5 * Columns, Columns);
        rows[(5 * Columns) + 250] = -3;
        using var source = test.Put(rows);
        using var indices = test.Queue.Accelerator.Allocate1D<int>(6);
        kernels.ArgMax(source.View, indices.View, Columns);
        test.Queue.Stream.Synchronize();
        Assert.Equal([70, -1, -1, 123, -1, 250], indices.GetAsArray1D());

        using var wanted = test.Queue.Accelerator.Allocate1D<int>([4, 0, 5]);
        using var selected = test.Put(new float[3 * Columns]);
        kernels.SelectRows(source.View, wanted.View, selected.View, Columns);
        Assert.Equal([.. rows[(4 * Columns)..(5 * Columns)], .. rows[..Columns], .. rows[(5 * Columns)..]], test.Get(selected));
    }

    [Theory]
    [InlineData(typeof(NormalizeKernel))]
    [InlineData(typeof(ArgMaxKernel))]
    public void Rows_stay_in_registers(Type kernel) =>
        Assert.DoesNotContain(".local", PtxText.Of(kernel, "Run", GroupSum.MostThreads), StringComparison.Ordinal);

    private static IEnumerable<double> Normalized(double[] run, NormKind kind, float[] gain, float[] bias)
    {
        double mean = kind == NormKind.Layer ? run.Average() : 0;
        double scale = 1 / Math.Sqrt(run.Average(value => (value - mean) * (value - mean)) + 1e-5f);
        return run.Select((value, i) => ((value - mean) * scale * gain[i]) + (kind == NormKind.Layer ? bias[i] : 0));
    }

    private static double Gated(Activation activation, double x, double y) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)) * y,
        Activation.GeluTanh => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) * y,
        Activation.Gelu => x / 2 * (1 + PlainFeedForward.Erf(x / Math.Sqrt(2))) * y,
        _ => Math.Min(x, 7) / (1 + Math.Exp(-1.702 * Math.Min(x, 7))) * (Math.Clamp(y, -7, 7) + 1),
    };

    private static float[] Values(int count, float scale = 1) => HostTensor.Normal(_random, count, scale);

    /// <summary>Against the size of what was expected, or of one.</summary>
    private static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"[{i}] {expected[i]} {actual[i]}");
    }
}

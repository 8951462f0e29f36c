using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using Inference.Formats;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Tests.Linear;

[Collection(EmulationCollection.Name)]
public class ProductPathTests
{
    public static TheoryData<TensorType> Quantized => [.. WeightSample.Types.Where(BlockFormat.IsQuantized)];

    /// <summary>Every pair of code width and scale form that a type has, and every kernel on tensor cores.</summary>
    public static MatrixTheoryData<string, Type, Type> Kernels => new(
        ["Narrow", "Wide", "Run"],
        [typeof(Codes8), typeof(Codes6), typeof(Codes4)],
        [typeof(HalfScales), typeof(AffineScales), typeof(SignedScales), typeof(SingleScales)]);

    [Theory]
    [MemberData(nameof(Quantized))]
    public void Tensor_cores_compute_the_bits_of_the_plain_kernel(TensorType type)
    {
        // Two tiles, the second not full; two chunks, the second neither.
        const int Rows = 20, Columns = 768, InputRows = 9;
        using TestQueue test = new(AcceleratorKind.Cpu, emulatedWarps: 8);
        using WeightSample weights = new(type, Rows, Columns, 3);
        using DeviceMatrix matrix = MatrixOnDevice.Upload(test, weights.Tensor);
        float[] input = HostTensor.Normal(new Random(4), InputRows * Columns), bias = HostTensor.Normal(new Random(5), Rows);
        float[] Run(ProductPath path, int rows)
        {
            using LinearKernels kernels = new(test.Queue) { Path = path };
            using var inputBuffer = test.Put(input[..(rows * Columns)]);
            using var biasBuffer = test.Put(bias);
            using var output = test.Put(new float[rows * Rows]);
            kernels.Run(inputBuffer.View, rows, [new(matrix, biasBuffer.View, output.View)]);
            return test.Get(output);
        }

        float[] expected = Run(ProductPath.Plain, InputRows);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(expected[..Rows], Run(ProductPath.Narrow, 1));
        Assert.Equal(expected, Run(ProductPath.Narrow, InputRows));
        Assert.Equal(expected, Run(ProductPath.Wide, InputRows));
        Assert.Equal(expected, Run(ProductPath.Tile, InputRows));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Ptx_keeps_everything_in_registers(string kernel, Type codes, Type scales)
    {
        Type type = (kernel == "Run" ? typeof(TileQuantizedKernel<,>) : typeof(SpreadQuantizedKernel<,>)).MakeGenericType(codes, scales);
        string ptx = PtxText.Of(type, kernel, 256);
        Assert.Contains("mma.sync.aligned", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v4", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v2", ptx, StringComparison.Ordinal);
        Assert.Contains("fma.rn.f32", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        if (PtxText.Assemble(ptx) is { } report)
        {
            Assert.Contains(" 0 bytes spill stores", report, StringComparison.Ordinal);
            Assert.InRange(int.Parse(Regex.Match(report, @"Used (\d+) registers").Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), 16, 128);
        }
    }
}

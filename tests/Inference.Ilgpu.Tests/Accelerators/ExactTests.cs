using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Tests.Accelerators;

[Collection(Emulation.Name)]
public class ExactTests
{
    [Theory]
    [InlineData(AcceleratorKind.Cpu)]
    [InlineData(AcceleratorKind.OpenCL)]
    public void Products_and_sums_are_rounded_as_written(AcceleratorKind kind)
    {
        using TestQueue test = new(kind);
        float x = 1 + MathF.Pow(2, -12);
        using MemoryBuffer1D<float, Stride1D.Dense> result = test.Queue.Accelerator.Allocate1D<float>(2);
        test.Queue.Accelerator.LoadStreamKernel<ArrayView<float>, float>(Compute)((1, 1), result.View, x);
        Assert.Equal([MathF.FusedMultiplyAdd(x, x, -1), (x * x) - 1], result.GetAsArray1D());
        Assert.NotEqual(MathF.FusedMultiplyAdd(x, x, -1), (x * x) - 1);
    }

    [Fact]
    public void Ptx_rounds_explicitly()
    {
        string ptx = PtxText.Of(typeof(ExactTests), nameof(Compute), 32);
        Assert.Contains("fma.rn.f32", ptx, StringComparison.Ordinal);
        Assert.Contains("add.rn.f32", ptx, StringComparison.Ordinal);
        Assert.Contains("mul.rn.f32", ptx, StringComparison.Ordinal);
    }

    internal static void Compute(ArrayView<float> result, float x)
    {
        result[0] = Exact.MultiplyAdd(x, x, -1);
        result[1] = Exact.Add(Exact.Multiply(x, x), -1);
    }
}

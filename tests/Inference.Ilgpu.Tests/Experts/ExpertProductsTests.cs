using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Formats;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Experts;
using Inference.Ilgpu.Linear;
using Inference.Ilgpu.Memory;
using Inference.Ilgpu.Tests.Linear;

namespace Inference.Ilgpu.Tests.Experts;

/// <summary>Experts' matrices on tensor cores, in the emulation.</summary>
[Collection(Emulation.Name)]
public sealed class ExpertProductsTests
{
    // Two tiles, the second not full; two chunks, the second neither.
    private const int Rows = 20;
    private const int Columns = 768;
    private const int Experts = 4;

    public static TheoryData<TensorType> Quantized => ProductPathTests.Quantized;

    [Theory]
    [MemberData(nameof(Quantized))]
    public void Tensor_cores_compute_the_bits_of_the_plain_kernel(TensorType type)
    {
        using TestQueue test = new(AcceleratorKind.Cpu, emulatedWarps: 8);
        using Scenario scenario = new(test, type);
        // Eleven places of one expert, one each of two, none of the last; then the same with a place or two.
        int[] experts = [1, 0, 1, 0, 1, 0, 0, 2, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0];
        foreach ((int[] chosen, int shared) in ((int[], int)[])[(experts, 2), (experts, 1), ([3], 1), ([2, 2], 2), ([3, 1, 0], 1)])
        {
            float[] expected = scenario.Run(ProductPath.Plain, chosen, shared);
            Assert.All(expected, value => Assert.True(float.IsFinite(value)));
            Assert.Equal(expected, scenario.Run(ProductPath.Narrow, chosen, shared));
        }
    }

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Halves_on_tensor_cores_have_the_bits_of_linear_layers_there(TensorType type)
    {
        using TestQueue test = new(AcceleratorKind.Cpu, emulatedWarps: 8);
        using Scenario scenario = new(test, type);
        int[] experts = [1, 0, 1, 0, 1, 1, 1, 2, 1, 1, 1, 1];
        float[] together = scenario.Run(ProductPath.Narrow, experts, shared: 2);
        for (int place = 0; place < experts.Length; place++)
            Assert.Equal(scenario.Alone(experts[place], place / 2), together[(place * Rows)..((place + 1) * Rows)]);
    }

    [Theory]
    [InlineData(typeof(QuantizedWarpProduct<Codes8, HalfScales>))]
    [InlineData(typeof(QuantizedWarpProduct<Codes8, SingleScales>))]
    [InlineData(typeof(QuantizedWarpProduct<Codes6, SignedScales>))]
    [InlineData(typeof(QuantizedWarpProduct<Codes4, AffineScales>))]
    [InlineData(typeof(HalfWarpProduct<HalfProduct>))]
    [InlineData(typeof(HalfWarpProduct<BFloatProduct>))]
    public void Ptx_keeps_everything_in_registers(Type product)
    {
        string ptx = PtxText.Of(typeof(ExpertSpreadKernel<>).MakeGenericType(product), "Run", 256);
        Assert.Contains("mma.sync.aligned", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v4", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        foreach (string architecture in (string[])["sm_80", "sm_90"])
        {
            if (PtxText.Assemble(ptx, architecture) is not { } report)
                continue;
            // The assembler aims at more groups on its own account and puts a few addresses away for it.
            Assert.InRange(Number(@"(\d+) bytes spill stores"), 0, 32);
            Assert.InRange(Number(@"Used (\d+) registers"), 16, 128);
            int Number(string pattern) => int.Parse(Regex.Match(report, pattern).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Experts and rows on an accelerator.</summary>
    private sealed class Scenario : IDisposable
    {
        private readonly TestQueue _test;
        private readonly ExpertStack _stack;
        private readonly List<IDisposable> _owned = [];
        private readonly float[] _input = HostTensor.Normal(new Random(4), 18 * Columns);

        public Scenario(TestQueue test, TensorType type)
        {
            _test = test;
            ImmutableArray<LinearWeight> weights = [.. Enumerable.Range(0, Experts).Select(expert =>
            {
                WeightSample sample = new(type, Rows, Columns, 10 + expert);
                DeviceMatrix matrix = MatrixOnDevice.Upload(test, sample.Tensor);
                DeviceVector bias = new(test.Put(HostTensor.Normal(new Random(expert), Rows)));
                _owned.AddRange(sample, matrix, bias);
                return new LinearWeight(matrix, bias);
            })];
            _stack = ExpertStack.Create(test.Queue, weights, weight => ((DeviceVector)weight).View);
        }

        /// <summary>What the expert of each place makes of its row.</summary>
        public float[] Run(ProductPath path, int[] experts, int shared)
        {
            int rows = (experts.Length + shared - 1) / shared;
            ComputeQueue queue = _test.Queue;
            using LinearKernels linear = new(queue);
            using ExpertScratch scratch = new(queue);
            (ExpertPlaces places, _) = scratch.Places(experts.Length, ExpertPlaces.SlotCount(experts.Length, Experts));
            places.Experts.CopyFromCPU(queue.Stream, experts);
            queue.Accelerator.LoadKernel<ArrayView<int>, ArrayView<int>, ArrayView<int>, int>(OrderKernel.Run)(
                queue.Stream, (Experts, AcceleratorContext.WarpSize), places.Experts, places.Order, places.Slots, ExpertPlaces.ArePacked(experts.Length, Experts) ? 1 : 0);
            using var input = _test.Put(_input[..(rows * Columns)]);
            using var output = _test.Put([.. Enumerable.Repeat(float.NaN, experts.Length * Rows)]);
            ExpertProducts products = new(queue, linear) { Path = path };
            products.Run([_stack], [output.View], input.View, rows, places with { Shared = shared });
            return _test.Get(output);
        }

        /// <summary>What a linear layer makes of a row with an expert's matrix.</summary>
        public float[] Alone(int expert, int row)
        {
            using LinearKernels linear = new(_test.Queue) { Path = ProductPath.Narrow };
            using var input = _test.Put(_input[(row * Columns)..((row + 1) * Columns)]);
            using var output = _test.Put(new float[Rows]);
            LinearWeight weight = _stack.Weights[expert];
            linear.Run(input.View, 1, [new((DeviceMatrix)weight.Weight, ((DeviceVector)weight.Bias!).View, output.View)]);
            return _test.Get(output);
        }

        public void Dispose()
        {
            foreach (IDisposable owned in _owned)
                owned.Dispose();
        }
    }
}

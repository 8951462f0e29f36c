using FsCheck;
using FsCheck.Fluent;
using Inference.Execution;
using Inference.Formats;
using Inference.Ilgpu.Elements;
using Inference.Ilgpu.Experts;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Tests.Experts;

/// <summary>Mixtures of experts through the device, on what accelerators there are without a card.</summary>
[Collection(Emulation.Name)]
public sealed class ExpertKernelsTests(SharedDevices devices)
{
    public static TheoryData<string> Kinds => ["Cpu", "OpenCL"];

    public static MatrixTheoryData<string, TensorType> Types => new(["Cpu", "OpenCL"], WeightSample.Types);

    [Theory]
    [InlineData("Cpu", 1, 1, true, Activation.Silu, 3)]
    [InlineData("Cpu", 4, 2, true, Activation.GeluTanh, 5)]
    [InlineData("Cpu", 5, 5, false, Activation.ClampedSwiglu, 2)]
    [InlineData("OpenCL", 1, 1, true, Activation.Silu, 5)]
    [InlineData("OpenCL", 8, 8, false, Activation.Gelu, 3)]
    [InlineData("OpenCL", 16, 4, false, Activation.Silu, 40)]
    [InlineData("OpenCL", 64, 8, true, Activation.ClampedSwiglu, 70)]
    [InlineData("OpenCL", 300, 3, false, Activation.Silu, 33)]
    public void Agrees_with_the_reference(string kind, int experts, int chosen, bool normalizes, Activation activation, int rows)
    {
        ExpertRouting routing = new(chosen, normalizes, activation);
        using ReferenceDevice reference = new();
        using ExpertScenario expected = new(reference, experts), actual = new(devices.Get(kind), experts);
        AssertClose(expected.Mix(routing, rows), actual.Mix(routing, rows));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void One_expert_gives_the_bits_of_its_linear_layers(string kind, TensorType type)
    {
        Device device = devices.Get(kind);
        using ExpertScenario scenario = new(device, experts: 3, type);
        // Before the matrices move together, and after.
        float[][] before = [.. Enumerable.Range(0, 3).Select(expert => scenario.Alone(expert, row: 1))];
        for (int expert = 0; expert < 3; expert++)
        {
            int only = expert;
            float[] mixed = scenario.Mix(new(1, true, Activation.Silu), rows: 2, (_, i) => i == only ? 1 : 0)[1];
            Assert.Equal(before[expert], mixed);
            Assert.Equal(before[expert], scenario.Alone(expert, row: 1));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_row_has_the_same_bits_in_any_company(string kind)
    {
        ExpertRouting routing = new(3, false, Activation.ClampedSwiglu);
        int most = kind == "Cpu" ? 7 : 60;
        foreach (TensorType type in (TensorType[])[TensorType.F32, TensorType.BF16, TensorType.Q4_K, TensorType.MXFP4])
        {
            using ExpertScenario scenario = new(devices.Get(kind), experts: 8, type);
            float[][] together = scenario.Mix(routing, most);
            for (int count = 1; count < most; count = (count * 3) + 1)
                Assert.Equal(together[..count], scenario.Mix(routing, count));
        }
    }

    [Theory]
    [InlineData("Cpu", float.NaN)]
    [InlineData("OpenCL", float.NaN)]
    [InlineData("OpenCL", float.PositiveInfinity)]
    [InlineData("OpenCL", float.NegativeInfinity)]
    public void A_score_that_is_no_number_spoils_its_row_alone(string kind, float score)
    {
        ExpertRouting routing = new(2, true, Activation.Silu);
        using ExpertScenario scenario = new(devices.Get(kind), experts: 4);
        float[][] whole = scenario.Mix(routing, 4), spoilt = scenario.Mix(routing, 4, (row, expert) => row == 2 && expert == 3 ? score : null);
        for (int row = 0; row < 4; row++)
        {
            if (row == 2)
                Assert.All(spoilt[row], value => Assert.True(float.IsNaN(value)));
            else
                Assert.Equal(whole[row], spoilt[row]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Among_equal_scores_the_first_experts_compute(string kind)
    {
        using ReferenceDevice reference = new();
        using ExpertScenario expected = new(reference, 9), actual = new(devices.Get(kind), 9);
        foreach (bool normalizes in (bool[])[true, false])
        {
            ExpertRouting routing = new(3, normalizes, Activation.Silu);
            // Zeros of both signs are equal.
            AssertClose(expected.Mix(routing, 2, (_, expert) => expert % 2 == 0 ? 0f : -0f), actual.Mix(routing, 2, (_, expert) => expert % 2 == 0 ? 0f : -0f));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scores_far_apart_leave_the_best_alone(string kind)
    {
        using ExpertScenario scenario = new(devices.Get(kind), experts: 6);
        static float? Apart(int row, int expert) => expert == 2 ? 3e38f : -3e38f + (expert * 1e37f);
        float[][] best = scenario.Mix(new(1, true, Activation.Silu), 3, Apart);
        Assert.Equal(best, scenario.Mix(new(4, true, Activation.Silu), 3, Apart));
        Assert.Equal(best, scenario.Mix(new(4, false, Activation.Silu), 3, Apart));
    }

    [Fact]
    public void Any_mixture_agrees_with_the_reference()
    {
        Device device = devices.Get("OpenCL");
        var mixtures =
            from experts in Gen.Choose(1, 40)
            from chosen in Gen.Choose(1, Math.Min(8, experts))
            from normalizes in Gen.Elements(true, false)
            from activation in Gen.Elements(Enum.GetValues<Activation>())
            from rows in Gen.Choose(1, 40)
            from steps in Gen.Choose(1, 6)
            select (experts, chosen, normalizes, activation, rows, steps);
        Prop.ForAll(mixtures.ToArbitrary(), mixture =>
        {
            // Scores of few different values: most rows have ties, and some experts have no row.
            float? Coarse(int row, int expert) => MathF.Round(MathF.Sin((row * 31) + (expert * 7)) * mixture.steps) / mixture.steps;
            ExpertRouting routing = new(mixture.chosen, mixture.normalizes, mixture.activation);
            using ReferenceDevice reference = new();
            using ExpertScenario expected = new(reference, mixture.experts), actual = new(device, mixture.experts);
            AssertClose(expected.Mix(routing, mixture.rows, Coarse), actual.Mix(routing, mixture.rows, Coarse));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithReplay(7, 7));
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_the_next_one_computes()
    {
        Device device = devices.Get("Cpu");
        ExpertRouting routing = new(2, true, Activation.Silu);
        using ExpertScenario scenario = new(device, experts: 4);
        ExpertLayer layer = scenario.Layer;
        using DeviceWeight wrong = device.Upload(HostTensor.F32(new float[32 * 16], 32, 16), WeightUse.Linear);
        using DeviceWeight halves = device.Upload(HostTensor.Create(TensorType.F16, new byte[ExpertScenario.Width * ExpertScenario.HiddenWidth * 2], ExpertScenario.HiddenWidth, ExpertScenario.Width), WeightUse.Linear);
        void Refused<TException>(ExpertLayer misfit)
            where TException : Exception =>
            Assert.Throws<TException>(() => scenario.Mix(routing, 1, layer: misfit));

        Refused<ArgumentException>(layer with { Gate = layer.Gate.SetItem(1, new(wrong, layer.Gate[1].Bias)) });
        Refused<ArgumentException>(layer with { Up = layer.Up.SetItem(1, new(wrong, layer.Up[1].Bias)) });
        Refused<ArgumentException>(layer with { Down = layer.Down.SetItem(3, new(wrong, layer.Down[3].Bias)) });
        Refused<ArgumentException>(layer with { Up = layer.Up.RemoveAt(2) });
        Refused<ArgumentException>(layer with { Gate = layer.Gate.SetItem(2, layer.Gate[2] with { Bias = null }) });
        Refused<ArgumentException>(layer with { Gate = layer.Gate.SetItem(2, layer.Gate[2] with { Bias = layer.Down[2].Bias }) });
        Refused<ArgumentException>(layer with { Gate = layer.Gate.SetItem(1, layer.Gate[0]) });
        Refused<NotSupportedException>(layer with { Gate = layer.Gate.SetItem(1, layer.Gate[1] with { Weight = halves }) });
        Assert.Throws<ArgumentException>(() => scenario.Mix(new(5, true, Activation.Silu), 1));
        Assert.Throws<ArgumentException>(() => scenario.Mix(new(0, true, Activation.Silu), 1));
        Assert.Empty(scenario.Mix(routing, 0));

        using ReferenceDevice reference = new();
        using ExpertScenario expected = new(reference, 4);
        AssertClose(expected.Mix(routing, 2), scenario.Mix(routing, 2));
        // Matrices that have moved belong to their layer.
        Refused<ArgumentException>(layer with { Gate = layer.Gate.SetItem(0, layer.Gate[1]).SetItem(1, layer.Gate[0]) });
    }

    [Theory]
    [InlineData(typeof(RouteKernel), GroupSum.MostThreads)]
    [InlineData(typeof(OrderKernel), GroupSum.MostThreads)]
    [InlineData(typeof(MixKernel), 256)]
    [InlineData(typeof(ExpertFloatKernel<Singles>), 256)]
    [InlineData(typeof(ExpertFloatKernel<BFloats>), 256)]
    [InlineData(typeof(ExpertQuantizedKernel<Codes8, HalfScales>), 256)]
    [InlineData(typeof(ExpertQuantizedKernel<Codes4, AffineScales>), 256)]
    [InlineData(typeof(ExpertQuantizedKernel<Codes6, SignedScales>), 256)]
    [InlineData(typeof(ExpertQuantizedKernel<Codes8, SingleScales>), 256)]
    public void Nothing_lies_in_local_memory(Type kernel, int groupSize) =>
        Assert.DoesNotContain(".local", PtxText.Of(kernel, "Run", groupSize), StringComparison.Ordinal);

    private static void AssertClose(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int row = 0; row < expected.Length; row++)
        {
            double largest = expected[row].Max(Math.Abs);
            for (int i = 0; i < expected[row].Length; i++)
                Assert.InRange(actual[row][i], expected[row][i] - (1e-5 * largest), expected[row][i] + (1e-5 * largest));
        }
    }
}

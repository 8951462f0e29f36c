using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Execution;
using Inference.Tests.Scheduling;

namespace Inference.Tests.Cpu;

/// <summary>Mixtures of experts on the CPU device.</summary>
public sealed class CpuDeviceExpertTests
{
    private const int Width = 64;
    private const int HiddenWidth = 96;

    [Theory]
    [InlineData(1, 1, true, Activation.Silu, TensorType.F32, 5)]
    [InlineData(4, 2, true, Activation.Silu, TensorType.F32, 9)]
    [InlineData(8, 8, false, Activation.GeluTanh, TensorType.F32, 3)]
    [InlineData(16, 4, false, Activation.Silu, TensorType.F16, 40)]
    [InlineData(64, 8, true, Activation.ClampedSwiglu, TensorType.F32, 70)]
    public void Agrees_with_the_reference(int experts, int chosen, bool normalizes, Activation activation, TensorType type, int rows)
    {
        var routing = new ExpertRouting(chosen, normalizes, activation);
        using var reference = new ReferenceDevice();
        using var device = new CpuDevice(2);
        float[][] expected = Mix(reference, experts, routing, type, rows);
        float[][] actual = Mix(device, experts, routing, type, rows);
        for (int row = 0; row < rows; row++)
        {
            double largest = expected[row].Max(Math.Abs);
            for (int i = 0; i < Width; i++)
                Assert.InRange(actual[row][i], expected[row][i] - 5e-6 * largest, expected[row][i] + 5e-6 * largest);
        }
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.BF16)]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.MXFP4)]
    [InlineData(TensorType.Q4_0)]
    public void A_row_has_the_same_bits_in_any_company(TensorType type)
    {
        var routing = new ExpertRouting(3, true, Activation.ClampedSwiglu);
        float[][] expected;
        using (var device = new CpuDevice(1))
            expected = Mix(device, 8, routing, type, 60);
        for (int threads = 1; threads <= 3; threads++)
        {
            using var device = new CpuDevice(threads, threads == 2 ? CpuKernels.Portable : CpuKernels.Auto);
            foreach (int count in (int[])[1, 2, 7, 33, 60])
            {
                float[][] actual = Mix(device, 8, routing, type, count);
                for (int row = 0; row < count; row++)
                    Assert.True(MemoryMarshal.AsBytes<float>(expected[row]).SequenceEqual(MemoryMarshal.AsBytes<float>(actual[row])), $"row {row} of {count}");
            }
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_instruction_sets()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var device = new CpuDevice(2);
        foreach (TensorType type in (TensorType[])[TensorType.F32, TensorType.MXFP4])
        {
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                foreach (float[] row in Mix(device, 8, new ExpertRouting(2, false, activation), type, 20))
                    hash.AppendData(MemoryMarshal.AsBytes<float>(row));
            }
        }

        InstructionSets.AssertSameEverywhere(Convert.ToHexString(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_score_that_is_no_number_spoils_its_row_alone(float score)
    {
        var routing = new ExpertRouting(2, true, Activation.Silu);
        using var device = new CpuDevice(2);
        float[][] whole = Mix(device, 4, routing, TensorType.F32, 6);
        float[][] spoilt = Mix(device, 4, routing, TensorType.F32, 6, scores => scores[3 * 4 + 1] = score);
        for (int row = 0; row < 6; row++)
        {
            if (row == 3)
                Assert.All(spoilt[row], value => Assert.True(float.IsNaN(value)));
            else
                Assert.Equal(whole[row], spoilt[row]);
        }
    }

    [Fact]
    public void Among_equal_scores_the_first_experts_compute()
    {
        using var reference = new ReferenceDevice();
        using var device = new CpuDevice(1);
        foreach (bool normalizes in (bool[])[true, false])
        {
            var routing = new ExpertRouting(3, normalizes, Activation.Silu);
            float[] expected = Mix(reference, 9, routing, TensorType.F32, 1, scores => scores.Clear())[0];
            float[] actual = Mix(device, 9, routing, TensorType.F32, 1, scores => scores.Clear())[0];
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 5e-6 * expected.Max(Math.Abs)));
        }
    }

    [Fact]
    public void Any_mixture_agrees_with_the_reference()
    {
        var mixtures =
            from experts in Gen.Choose(1, 64)
            from chosen in Gen.Choose(1, Math.Min(8, experts))
            from normalizes in Gen.Elements(true, false)
            from activation in Gen.Elements(Enum.GetValues<Activation>())
            from rows in Gen.Choose(1, 40)
            from steps in Gen.Choose(1, 6)
            select (experts, chosen, normalizes, activation, rows, steps);
        Prop.ForAll(mixtures.ToArbitrary(), mixture =>
        {
            // Scores of few different values: most rows have ties, and some experts have no row.
            Change coarse = scores =>
            {
                foreach (ref float score in scores)
                    score = MathF.Round(score * mixture.steps) / mixture.steps;
            };
            var routing = new ExpertRouting(mixture.chosen, mixture.normalizes, mixture.activation);
            using var reference = new ReferenceDevice();
            using var device = new CpuDevice(1 + mixture.rows % 3);
            float[][] expected = Mix(reference, mixture.experts, routing, TensorType.F32, mixture.rows, coarse);
            float[][] actual = Mix(device, mixture.experts, routing, TensorType.F32, mixture.rows, coarse);
            for (int row = 0; row < mixture.rows; row++)
            {
                double largest = expected[row].Max(Math.Abs);
                for (int i = 0; i < Width; i++)
                    Assert.InRange(actual[row][i], expected[row][i] - 1e-5 * largest, expected[row][i] + 1e-5 * largest);
            }
        }).Check(SchedulerPropertyTests.Deterministic(25, 7));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Scores_far_apart_leave_the_best_alone(bool normalizes)
    {
        using var device = new CpuDevice(1);
        var best = new ExpertRouting(1, true, Activation.Silu);
        var four = new ExpertRouting(4, normalizes, Activation.Silu);
        Change apart = scores =>
        {
            for (int i = 0; i < scores.Length; i++)
                scores[i] = i % 6 == 2 ? 3e38f : -3e38f + i % 6 * 1e37f;
        };
        Assert.Equal(Mix(device, 6, best, TensorType.F32, 3, apart), Mix(device, 6, four, TensorType.F32, 3, apart));
    }

    [Fact]
    public void A_layer_that_does_not_fit_is_refused_and_the_next_one_computes()
    {
        using var device = new CpuDevice(2);
        var routing = new ExpertRouting(2, true, Activation.Silu);
        float[][] expected = Mix(device, 4, routing, TensorType.F32, 9);
        using DeviceWeight wrong = device.Upload(HostTensor.F32(new float[32 * 16], 32, 16), WeightUse.Linear);
        ExpertLayer Misfit(ExpertLayer layer, int part) => part switch
        {
            0 => layer with { Gate = layer.Gate.SetItem(1, new(wrong, null)) },
            1 => layer with { Up = layer.Up.SetItem(1, new(wrong, null)) },
            _ => layer with { Down = layer.Down.SetItem(1, new(wrong, null)) },
        };
        for (int part = 0; part < 3; part++)
        {
            Assert.Throws<ArgumentException>(() => Mix(device, 4, routing, TensorType.F32, 9, scores => scores.Clear(), layer => Misfit(layer, part)));
            Assert.Equal(expected, Mix(device, 4, routing, TensorType.F32, 9));
        }
    }

    [Fact]
    public void A_step_without_rows_computes_nothing()
    {
        using var device = new CpuDevice(2);
        Assert.Empty(Mix(device, 4, new ExpertRouting(2, true, Activation.Silu), TensorType.F32, 0));
    }

    [Fact]
    public void Experts_may_be_of_several_types()
    {
        var routing = new ExpertRouting(2, true, Activation.Silu);
        TensorType[] types = [TensorType.F32, TensorType.Q8_0, TensorType.F16];
        using var one = new CpuDevice(1);
        float[][] expected = Mix(one, 5, routing, TensorType.F32, 30, types: types);
        using var device = new CpuDevice(3);
        for (int rows = 1; rows < 30; rows += 7)
            Assert.Equal(expected[..rows], Mix(device, 5, routing, TensorType.F32, rows, types: types));
    }

    [Fact]
    public void Routings_that_cannot_be_are_refused()
    {
        using var device = new CpuDevice(1);
        Assert.Throws<ArgumentException>(() => Mix(device, 4, new ExpertRouting(5, true, Activation.Silu), TensorType.F32, 1));
        Assert.Throws<ArgumentException>(() => Mix(device, 4, new ExpertRouting(0, true, Activation.Silu), TensorType.F32, 1));
    }

    private delegate void Change(Span<float> scores);

    private static float[][] Mix(Device device, int experts, ExpertRouting routing, TensorType first, int rows, Change? change = null, Func<ExpertLayer, ExpertLayer>? replace = null, TensorType[]? types = null)
    {
        const int Most = 80;
        var random = new Random(experts);
        List<DeviceWeight> weights = [];
        LinearWeight Weight(int outputs, int inputs)
        {
            TensorType type = types is null ? first : types[weights.Count / 2 % types.Length];
            float[] values = HostTensor.Normal(random, outputs * inputs, 1 / MathF.Sqrt(inputs));
            var bytes = new byte[BlockFormat.ByteLength(type, values.Length)];
            // Not every type can be quantised to here: random codes with a scale near one do for those.
            if (type == TensorType.MXFP4)
            {
                random.NextBytes(bytes);
                for (int i = 0; i < bytes.Length; i += 17)
                    bytes[i] = (byte)random.Next(120, 124);
            }
            else
            {
                BlockFormat.Quantize(type, values, bytes);
            }

            DeviceWeight weight = device.Upload(HostTensor.Create(type, bytes, outputs, inputs), WeightUse.Linear);
            DeviceWeight bias = device.Upload(HostTensor.F32(HostTensor.Normal(random, outputs, 0.1f), outputs), WeightUse.Vector);
            weights.AddRange([weight, bias]);
            return new LinearWeight(weight, bias);
        }

        var layer = new ExpertLayer(
            [.. Enumerable.Range(0, experts).Select(_ => Weight(HiddenWidth, Width))],
            [.. Enumerable.Range(0, experts).Select(_ => Weight(HiddenWidth, Width))],
            [.. Enumerable.Range(0, experts).Select(_ => Weight(Width, HiddenWidth))]);
        float[] inputs = HostTensor.Normal(random, Most * Width, 3);
        float[] scores = HostTensor.Normal(random, Most * experts, 2);
        change?.Invoke(scores);
        using DeviceWeight inputTable = device.Upload(HostTensor.F32(inputs, Most, Width), WeightUse.Embedding);
        using DeviceWeight scoreTable = device.Upload(HostTensor.F32(scores, Most, experts), WeightUse.Embedding);
        var batch = new StepBatch();
        if (rows > 0)
            batch.Add([.. Enumerable.Range(0, rows)], 0, [], wantsLogits: false);
        device.Begin(batch);
        using DeviceTensor input = device.Allocate(Most, Width), score = device.Allocate(Most, experts), output = device.Allocate(Most, Width);
        input.Rows = score.Rows = output.Rows = rows;
        device.Embed(inputTable, input);
        device.Embed(scoreTable, score);
        device.MixExperts(input, score, routing, replace is null ? layer : replace(layer), output);
        float[][] results = [.. Enumerable.Range(0, rows).Select(row => device.ReadRow(output, row).ToArray())];
        foreach (DeviceWeight weight in weights)
            weight.Dispose();
        return results;
    }
}

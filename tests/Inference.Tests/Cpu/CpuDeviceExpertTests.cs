using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Execution;

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
    public void Routings_that_cannot_be_are_refused()
    {
        using var device = new CpuDevice(1);
        Assert.Throws<ArgumentException>(() => Mix(device, 4, new ExpertRouting(5, true, Activation.Silu), TensorType.F32, 1));
        Assert.Throws<ArgumentException>(() => Mix(device, 4, new ExpertRouting(0, true, Activation.Silu), TensorType.F32, 1));
    }

    private delegate void Change(Span<float> scores);

    private static float[][] Mix(Device device, int experts, ExpertRouting routing, TensorType type, int rows, Change? change = null)
    {
        const int Most = 80;
        var random = new Random(experts);
        List<DeviceWeight> weights = [];
        LinearWeight Weight(int outputs, int inputs)
        {
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
        batch.Add([.. Enumerable.Range(0, rows)], 0, [], wantsLogits: false);
        device.Begin(batch);
        using DeviceTensor input = device.Allocate(rows, Width), score = device.Allocate(rows, experts), output = device.Allocate(rows, Width);
        input.Rows = score.Rows = output.Rows = rows;
        device.Embed(inputTable, input);
        device.Embed(scoreTable, score);
        device.MixExperts(input, score, routing, layer, output);
        float[][] results = [.. Enumerable.Range(0, rows).Select(row => device.ReadRow(output, row).ToArray())];
        foreach (DeviceWeight weight in weights)
            weight.Dispose();
        return results;
    }
}

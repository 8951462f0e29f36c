using System.Runtime.InteropServices;
using Inference.Cpu;
using Inference.Cpu.Linear;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Execution;

namespace Inference.Tests.Cpu.Linear;

public sealed class StreamedMatrixTests
{
    public static TheoryData<TensorType> Types => [.. WeightSample.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void Has_the_bits_of_the_packed_one(TensorType type)
    {
        int columns = BlockFormat.IsQuantized(type) ? 512 : 301;
        foreach (int matrixRows in new[] { 1, 21, 300 })
        {
            using var sample = new WeightSample(type, matrixRows, columns, seed: matrixRows);
            foreach (KernelWidth width in new[] { KernelWidth.Widest, KernelWidth.Bits128 })
            {
                using var one = new ThreadTeam(1);
                using PackedMatrix packed = PackedMatrix.Pack(sample.Tensor, one, width);
                using PackedMatrix? streamed = PackedMatrix.TryStream(sample.Tensor, width);
                // Halves are kept in a form that may lack some where nothing converts them in hardware.
                Assert.Equal(type == TensorType.F16 && packed.Layout.Form != CodeForm.IeeeNumbers, streamed is null);
                if (streamed is null)
                    continue;
                for (int threads = 1; threads <= 3; threads++)
                {
                    using var team = new ThreadTeam(threads);
                    foreach (int rows in new[] { 1, 5, 17, 300 })
                    {
                        float[] input = LinearRunner.RandomInput(rows, columns, seed: rows);
                        float[] bias = LinearRunner.RandomInput(1, matrixRows, seed: 2);
                        AssertSame(LinearRunner.Run(team, packed, input, bias), LinearRunner.Run(team, streamed, input, bias));
                    }
                }
            }
        }
    }

    [Fact]
    public void Layers_of_all_panel_sizes_share_a_run()
    {
        const int Columns = 512;
        using var team = new ThreadTeam(3);
        List<WeightSample> samples = [.. WeightSample.Types.Select((type, i) => new WeightSample(type, 100 + 37 * i, Columns, seed: i))];
        List<PackedMatrix> packed = [.. samples.Select(sample => PackedMatrix.Pack(sample.Tensor, team))];
        // Every third one lies packed between the others.
        List<PackedMatrix> mixed = [.. samples.Select((sample, i) => (i % 3 == 0 ? null : PackedMatrix.TryStream(sample.Tensor)) ?? packed[i])];
        Assert.Contains(mixed, matrix => matrix.Packer.IsAllocated);
        foreach (int rows in new[] { 1, 20 })
        {
            float[] input = LinearRunner.RandomInput(rows, Columns, seed: rows);
            float[][] expected = LinearRunner.Run(team, input, [.. packed.Select(matrix => (matrix, (float[]?)null))]);
            for (int round = 0; round < 10; round++)
            {
                float[][] actual = LinearRunner.Run(team, input, [.. mixed.Select(matrix => (matrix, (float[]?)null))]);
                for (int i = 0; i < expected.Length; i++)
                    AssertSame(expected[i], actual[i]);
            }
        }

        mixed.ForEach(matrix => matrix.Dispose());
        packed.ForEach(matrix => matrix.Dispose());
        samples.ForEach(sample => sample.Dispose());
    }

    [Fact]
    public void One_that_is_disposed_is_not_computed_with()
    {
        using var team = new ThreadTeam(1);
        using var sample = new WeightSample(TensorType.Q8_0, 32, 64, seed: 1);
        PackedMatrix streamed = PackedMatrix.TryStream(sample.Tensor)!;
        streamed.Dispose();
        streamed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => LinearRunner.Run(team, streamed, new float[64]));
    }

    [Fact]
    public void A_weight_is_streamed_in_the_step_that_first_needs_it_and_packed_with_all_others_in_the_next()
    {
        using var a = new WeightSample(TensorType.Q8_0, 48, 64, seed: 1);
        using var b = new WeightSample(TensorType.Q8_0, 48, 64, seed: 2);
        using var never = new WeightSample(TensorType.Q8_0, 48, 64, seed: 3);
        using var device = new CpuDevice(2);
        DeviceWeight[] weights = [.. new[] { a, b, never }.Select(sample => device.Upload(sample.Tensor, WeightUse.Linear))];
        float[] Step(params int[] used)
        {
            device.Begin(new StepBatch());
            return [.. used.SelectMany(i => Apply(device, weights[i], rows: 3))];
        }

        float[] first = Step(0, 0);
        Assert.Equal(first[..(first.Length / 2)], first[(first.Length / 2)..]);
        Assert.Equal([true, true, true], weights.Select(weight => weight.PendingBytes > 0));
        float[] second = Step(1);
        Assert.Equal([true, true, true], weights.Select(weight => weight.PendingBytes > 0));
        float[] third = Step(0, 1);
        Assert.Equal([false, false, true], weights.Select(weight => weight.PendingBytes > 0));
        Assert.Equal([.. first[..(first.Length / 2)], .. second], third);
        Array.ForEach(weights, weight => weight.Dispose());
    }

    [Fact]
    public void Weights_first_needed_in_the_step_that_packs_others_are_streamed_all_the_same()
    {
        using var a = new WeightSample(TensorType.Q4_0, 48, 64, seed: 1);
        using var b = new WeightSample(TensorType.Q4_0, 48, 64, seed: 2);
        using var device = new CpuDevice(2);
        using DeviceWeight old = device.Upload(a.Tensor, WeightUse.Linear);
        using DeviceWeight young = device.Upload(b.Tensor, WeightUse.Linear);
        device.Begin(new StepBatch());
        float[] expected = Apply(device, old, rows: 2);
        device.Begin(new StepBatch());
        // In one call, the new one first: what it was given must outlive the packing of the other.
        float[] both = Apply(device, rows: 2, young, old);
        Assert.Equal(expected, both[(2 * 48)..]);
        Assert.True(young.PendingBytes > 0);
        Assert.Equal(0, old.PendingBytes);
        device.Begin(new StepBatch());
        Assert.Equal(both[..(2 * 48)], Apply(device, young, rows: 2));
        Assert.Equal(0, young.PendingBytes);
    }

    [Fact]
    public void Many_rows_pack_at_once()
    {
        using var sample = new WeightSample(TensorType.Q8_0, 48, 64, seed: 1);
        using var device = new CpuDevice(2);
        using DeviceWeight weight = device.Upload(sample.Tensor, WeightUse.Linear);
        device.Begin(new StepBatch());
        float[] many = Apply(device, weight, rows: 300);
        Assert.Equal(0, weight.PendingBytes);
        Assert.Equal(many[..48], Apply(device, weight, rows: 1));
    }

    private static float[] Apply(CpuDevice device, DeviceWeight weight, int rows) => Apply(device, rows, weight);

    private static float[] Apply(CpuDevice device, int rows, params DeviceWeight[] weights)
    {
        using DeviceTensor input = device.Allocate(rows, weights[0].Columns);
        input.Rows = rows;
        device.WriteRows(input, LinearRunner.RandomInput(rows, weights[0].Columns, seed: 9));
        DeviceTensor[] outputs = [.. weights.Select(weight => device.Allocate(rows, weight.Rows))];
        foreach (DeviceTensor output in outputs)
            output.Rows = rows;
        device.Linear(input, [.. weights.Select((weight, i) => new LinearTarget(weight, null, outputs[i]))]);
        float[] result = [.. outputs.SelectMany(output => Enumerable.Range(0, rows).SelectMany(row => device.ReadRow(output, row).ToArray()))];
        Array.ForEach(outputs, output => output.Dispose());
        return result;
    }

    private static void AssertSame(float[] expected, float[] actual) =>
        Assert.True(MemoryMarshal.AsBytes<float>(expected).SequenceEqual(MemoryMarshal.AsBytes<float>(actual)));
}

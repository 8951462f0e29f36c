using Inference.Cpu;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Tests.Cpu.Linear;

public sealed unsafe class PackingJobTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Matrices_packed_together_are_those_packed_one_by_one(int threads)
    {
        // All types, odd numbers of rows, from less than a panel to several runs of a megabyte.
        using var team = new ThreadTeam(threads);
        WeightSample[] samples = [.. WeightSample.Types.Select((type, i) => new WeightSample(type, i % 3 == 0 ? 1031 : 3 + 17 * i, 1024, seed: i))];
        // An infinity, which panels of halves for portable kernels cannot keep: this matrix is packed a second time, as floats.
        WeightSample halves = samples.Single(sample => sample.Tensor.Type == TensorType.F16);
        halves.Bytes[0] = 0;
        halves.Bytes[1] = 0x7C;
        var told = new List<long>();

        PackedMatrix[] together = PackedMatrix.Pack([.. samples.Select(sample => sample.Tensor)], team, KernelWidth.Bits128, told.Add);

        Assert.All(told, bytes => Assert.True(bytes > 0));
        Assert.Equal(samples.Sum(sample => sample.Tensor.ByteLength), told.Sum());
        for (int i = 0; i < samples.Length; i++)
        {
            using PackedMatrix alone = PackedMatrix.Pack(samples[i].Tensor, team, KernelWidth.Bits128);
            Assert.Equal((alone.Layout.Type, alone.Rows, alone.Columns), (together[i].Layout.Type, together[i].Rows, together[i].Columns));
            Assert.True(Panels(alone).SequenceEqual(Panels(together[i])), $"{samples[i].Tensor.Type}");
            together[i].Dispose();
            samples[i].Dispose();
        }
    }

    [Fact]
    public void Packing_that_is_given_up_leaves_the_weights_to_be_packed_later()
    {
        using var sample = new WeightSample(TensorType.Q8_0, 2000, 1024, seed: 1);
        using var device = new CpuDevice(2);
        using var weight = (CpuWeight)device.Upload(sample.Tensor, Inference.Execution.WeightUse.Linear);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(() => device.CompleteUploads(null, cancellation.Token));
        Assert.Null(weight.Matrix);
        Assert.Equal(sample.Tensor.ByteLength, weight.PendingBytes);

        device.CompleteUploads(null, CancellationToken.None);
        Assert.NotNull(weight.Matrix);
        Assert.Equal(0, weight.PendingBytes);
    }

    private static ReadOnlySpan<byte> Panels(PackedMatrix matrix) => new(matrix.Panels, (int)matrix.ByteLength);
}

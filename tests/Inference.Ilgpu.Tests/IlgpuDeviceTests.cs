using Inference.Execution;

namespace Inference.Ilgpu.Tests;

/// <summary>What the seam promises beside results.</summary>
[Collection(Emulation.Name)]
public sealed class IlgpuDeviceTests(SharedDevices devices)
{
    [Fact]
    public void Weights_are_there_without_anybody_completing_their_upload()
    {
        Device device = devices.Get("Cpu");
        float[] values = [.. Enumerable.Range(0, 64).Select(i => (float)i)];
        using DeviceWeight table = device.Upload(HostTensor.F32(values, 4, 16), WeightUse.Embedding);
        using DeviceTensor rows = device.Allocate(2, 16);
        device.Begin(Batch(3, 0));
        rows.Rows = 2;
        device.Embed(table, rows);
        Assert.Equal(values[48..], device.ReadRow(rows, 0).ToArray());
        Assert.Equal(values[..16], device.ReadRow(rows, 1).ToArray());
    }

    [Fact]
    public void Tokens_and_positions_beside_a_table_are_refused_and_the_next_step_computes()
    {
        Device device = devices.Get("Cpu");
        using DeviceWeight table = device.Upload(HostTensor.F32(new float[3 * 16], 3, 16), WeightUse.Embedding);
        using DeviceTensor rows = device.Allocate(4, 16);
        foreach (int token in (int[])[3, -1, int.MaxValue])
        {
            device.Begin(Batch(0, token));
            rows.Rows = 2;
            Assert.Throws<ArgumentException>(() => device.Embed(table, rows));
        }

        device.Begin(Batch(0, 1, 2, 0));
        rows.Rows = 4;
        Assert.Throws<ArgumentException>(() => device.EmbedPositions(table, rows));
        device.Embed(table, rows);
        Assert.Equal(new float[16], device.ReadRow(rows, 3).ToArray());
    }

    private static StepBatch Batch(params int[] tokens)
    {
        StepBatch batch = new();
        batch.Add(tokens, 0, [], wantsLogits: false);
        return batch;
    }
}

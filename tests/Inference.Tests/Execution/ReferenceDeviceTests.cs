using Inference.Execution;

namespace Inference.Tests.Execution;

/// <summary>The oracle against results worked out by hand.</summary>
public sealed class ReferenceDeviceTests
{
    [Fact]
    public void Attention_weighs_values_by_the_softmax_of_scores()
    {
        using var device = new ReferenceDevice();
        var shape = new AttentionShape(1, 1, 2, 1f);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 2, 2, 1, 2, KvCacheType.F32));
        var batch = new StepBatch();
        batch.Add([0, 1], 0, [1], wantsLogits: true);
        device.Begin(batch);
        using DeviceTensor queries = Rows(device, 2, 1, 0, 1, 0);
        using DeviceTensor keys = Rows(device, 2, 0, 0, MathF.Log(3), 5);
        using DeviceTensor values = Rows(device, 2, 10, 20, 30, 40);
        using DeviceTensor output = device.Allocate(2, 2);
        output.Rows = 2;
        device.RotateAndStore(queries, keys, values, null, shape, cache, 0);
        device.Attend(queries, shape, null, cache, 0, output);

        Assert.Equal([10f, 20f], device.ReadRow(output, 0).ToArray());
        Assert.Equal(25f, device.ReadRow(output, 1)[0], 4);
        Assert.Equal(35f, device.ReadRow(output, 1)[1], 4);
    }

    [Theory]
    [InlineData(RopeKind.Interleaved, new float[] { -2, 1, 3, 4 })]
    [InlineData(RopeKind.Halves, new float[] { -3, 2, 1, 4 })]
    public void A_quarter_turn_moves_the_second_of_a_pair_to_the_first(RopeKind kind, float[] expected)
    {
        using var device = new ReferenceDevice();
        var shape = new AttentionShape(1, 1, 4, 1f);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 1, 4, 1, 4, KvCacheType.F32));
        var batch = new StepBatch();
        batch.Add([0], 1, [0], wantsLogits: false);
        device.Begin(batch);
        using DeviceTensor queries = Rows(device, 4, 1, 2, 3, 4);
        using DeviceTensor keys = Rows(device, 4, 1, 2, 3, 4);
        device.RotateAndStore(queries, keys, keys, new Rope(kind, [Math.PI / 2, 0], 1), shape, cache, 0);

        float[] turned = device.ReadRow(queries, 0).ToArray();
        for (int i = 0; i < 4; i++)
            Assert.Equal(expected[i], turned[i], 5);
    }

    [Fact]
    public void Norm_adds_then_divides_by_the_root_mean_square()
    {
        using var device = new ReferenceDevice();
        using DeviceTensor hidden = Rows(device, 2, 1, 2);
        using DeviceTensor addend = Rows(device, 2, 2, 2);
        using DeviceWeight gain = device.Upload(HostTensor.F32([1f, 10f], 2), WeightUse.Vector);
        device.Normalize(hidden, addend, new Norm(NormKind.RootMeanSquare, gain, null, 0.5f), hidden);
        Assert.Equal(3 / Math.Sqrt(13), device.ReadRow(hidden, 0)[0], 5);
        Assert.Equal(40 / Math.Sqrt(13), device.ReadRow(hidden, 0)[1], 5);
    }

    [Fact]
    public void Linear_multiplies_by_the_transpose_and_adds_the_bias()
    {
        using var device = new ReferenceDevice();
        using DeviceTensor input = Rows(device, 2, 1, 10);
        using DeviceWeight weight = device.Upload(HostTensor.F32([1f, 2f, 3f, 4f, 5f, 6f], 3, 2), WeightUse.Linear);
        using DeviceWeight bias = device.Upload(HostTensor.F32([0.5f, 0f, 0f], 3), WeightUse.Vector);
        using DeviceTensor output = device.Allocate(1, 3);
        output.Rows = 1;
        device.Linear(input, [new LinearTarget(weight, bias, output)]);
        Assert.Equal([21.5f, 43f, 65f], device.ReadRow(output, 0).ToArray());
    }

    private static DeviceTensor Rows(Device device, int columns, params float[] values)
    {
        int rows = values.Length / columns;
        using DeviceWeight table = device.Upload(HostTensor.F32(values, rows, columns), WeightUse.Embedding);
        var other = new StepBatch();
        other.Add([.. Enumerable.Range(0, rows)], 0, [], wantsLogits: false);
        DeviceTensor tensor = device.Allocate(rows, columns);
        tensor.Rows = rows;
        using var loader = new ReferenceDevice();
        loader.Begin(other);
        loader.Embed(table, tensor);
        return tensor;
    }
}

using FsCheck;
using FsCheck.Fluent;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Engine;

namespace Inference.Tests.Execution;

/// <summary>How layers are dealt out, and what is refused.</summary>
public sealed class LayerRangeTests
{
    private static readonly StoredTensor _tensor = HostTensor.F32(new float[16], 4, 4);

    [Fact]
    public void Every_layer_is_dealt_out_once_and_in_order()
    {
        Prop.ForAll(Gen.Choose(-1, 6).ArrayOf(4).ToArbitrary(), Gen.Choose(1, 12).ToArbitrary(), (limits, layers) =>
        {
            Device[] devices = [.. limits.Select(_ => new DelegatingDevice(new CpuDevice(1)) { Free = 200 })];
            DevicePart[] parts = [.. limits.Select((limit, i) => new DevicePart(devices[i], limit < 0 ? null : limit))];
            try
            {
                LayerRange[] ranges = LayerRange.Deal(parts, Model(layers));
                int next = 0;
                for (int i = 0; i < parts.Length; i++)
                {
                    Assert.Equal(next, ranges[i].First);
                    Assert.InRange(ranges[i].Count, 0, parts[i].Layers ?? layers);
                    next += ranges[i].Count;
                }

                Assert.Equal(layers, next);
            }
            catch (ArgumentException error)
            {
                Assert.NotNull(parts[^1].Layers);
                Assert.Contains($"of the model's {layers} layers", error.Message, StringComparison.Ordinal);
            }
            finally
            {
                foreach (Device device in devices)
                    device.Dispose();
            }
        }).QuickCheckThrowOnFailure();
    }

    // A layer has 64 bytes and 10 of cache; embedding and head, one table, 64.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(64 + 73, 0)]
    [InlineData(64 + 74, 1)]
    [InlineData(64 + (3 * 74) - 1, 2)]
    [InlineData(64 + (3 * 74), 3)]
    public void A_table_that_is_both_counts_once(long free, int expected)
    {
        using var small = new DelegatingDevice(new CpuDevice(1)) { Free = free };
        using var rest = new CpuDevice(1);
        StoredTensor table = HostTensor.F32(new float[16], 4, 4);
        ModelFootprint model = Model(3) with { Input = [table], Output = [table], CacheBytesPerLayer = 10 };
        Assert.Equal(expected, LayerRange.Deal([new(small, null), new(rest, null)], model)[0].Count);
    }

    [Fact]
    public async Task Layers_that_nobody_takes_are_an_error_and_every_device_is_disposed_once()
    {
        DelegatingDevice[] devices = [new(new CpuDevice(1)), new(new CpuDevice(1))];
        var options = new EngineOptions { Device = new SplitDevice([.. devices.Select(device => new DevicePart(device, 2))]) };
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, options));
        Assert.Contains("The devices take 4 of the model's 5 layers", error.Message, StringComparison.Ordinal);
        Assert.All(devices, device => Assert.Equal(1, device.Disposals));
    }

    [Fact]
    public void A_device_is_one_part()
    {
        using var device = new CpuDevice(1);
        Assert.Throws<ArgumentException>(() => new SplitDevice([new(device, 1), new(device, null)]));
        using var split = new SplitDevice([new(device, null)]);
        Assert.Throws<InvalidOperationException>(() => split.Upload(_tensor, WeightUse.Linear, 0));
    }

    private static ModelFootprint Model(int layers) =>
        new([.. Enumerable.Repeat<IReadOnlyList<StoredTensor>>([_tensor], layers)], [], [], 0, 0);
}

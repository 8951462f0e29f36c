using System.Collections.Immutable;
using System.Reflection;
using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Execution;

namespace Inference.Tests.Engine;

/// <summary>That faults can be put before every operation of a device, and that a device computes on after each of them.</summary>
public sealed class DeviceOperationFaultTests
{
    private const int Width = 32;

    // What is no operation of a step, and so has no number within one.
    private static readonly string[] _others =
        [nameof(Device.Upload), nameof(Device.CompleteUploads), nameof(Device.Allocate), nameof(Device.AllocateKvCache), nameof(Device.CopyBlock), nameof(Device.ReadBlock),
        nameof(Device.WriteBlock), nameof(Device.Begin), nameof(Device.Prepare), nameof(Device.BytesOf), nameof(Device.ReadRow), nameof(Device.RunOnHost), "Dispose", "Finalize"];

    [Fact]
    public void Every_operation_may_fail_and_the_device_computes_on()
    {
        var random = new Random(9);
        int failAt = -1, operations = 0;
        using var device = new DelegatingDevice(new SelectingDevice(new CpuDevice(2)))
        {
            OnOperation = _ =>
            {
                if (operations++ == failAt)
                    throw new InvalidOperationException("the device broke");
            },
        };
        using DeviceWeight table = device.Upload(HostTensor.F32(HostTensor.Normal(random, Width * Width), Width, Width), WeightUse.Embedding | WeightUse.Linear);
        using DeviceWeight vector = device.Upload(HostTensor.F32(HostTensor.Normal(random, Width), Width), WeightUse.Vector);
        using DeviceWeight sinks = device.Upload(HostTensor.F32(HostTensor.Normal(random, 4), 4), WeightUse.Vector);
        using DeviceWeight router = device.Upload(HostTensor.F32(HostTensor.Normal(random, 4 * Width), 4, Width), WeightUse.Linear);
        using DeviceTensor hidden = device.Allocate(5, Width), other = device.Allocate(5, Width), scores = device.Allocate(5, 4);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 1, 16, 4, 8, KvCacheType.F16));
        hidden.Rows = other.Rows = scores.Rows = 5;
        var shape = new AttentionShape(4, 4, 8, 0.3f) { Window = 3, SoftCap = 10 };
        var norm = new Norm(NormKind.Layer, vector, vector, 1e-5f);
        ImmutableArray<LinearWeight> weights = [.. Enumerable.Repeat(new LinearWeight(table, vector), 4)];
        var experts = new ExpertLayer(weights, weights, weights);
        var routing = new ExpertRouting(2, true, Activation.Gelu);
        var batch = new StepBatch();
        batch.Add([1, 2, 3, 4, 5], 0, [0], wantsLogits: false);
        int[] tokens = new int[5];
        float[] rows = new float[5 * Width];
        (string Name, Action Run)[] step =
        [
            (nameof(Device.Embed), () => device.Embed(table, hidden)),
            (nameof(Device.EmbedPositions), () => device.EmbedPositions(table, hidden)),
            (nameof(Device.Scale), () => device.Scale(hidden, 2)),
            (nameof(Device.Normalize), () => device.Normalize(hidden, null, norm, other)),
            (nameof(Device.RotateAndStore), () => device.RotateAndStore(other, other, other, null, shape, cache, 0)),
            (nameof(Device.Attend), () => device.Attend(other, shape, sinks, cache, 0, other)),
            (nameof(Device.Add), () => device.Add(hidden, other)),
            (nameof(Device.NormalizedLinear), () => device.NormalizedLinear(hidden, other, norm, [new LinearTarget(router, null, scores)])),
            (nameof(Device.MixExperts), () => device.MixExperts(hidden, scores, routing, experts, other)),
            (nameof(Device.Gate), () => device.Gate(other, null, Activation.Gelu, other)),
            (nameof(Device.GatedLinear), () => device.GatedLinear(other, hidden, Activation.ClampedSwiglu, [new LinearTarget(router, null, scores)])),
            (nameof(Device.Linear), () => device.Linear(hidden, [new LinearTarget(router, null, scores)])),
            (nameof(Device.SoftCap), () => device.SoftCap(scores, 3)),
            (nameof(Device.ArgMax), () => device.ArgMax(scores)),
            (nameof(Device.ReadArgMax), () => device.ReadArgMax(tokens)),
            (nameof(Device.SelectTop), () => device.SelectTop(scores, 3, [1, 1, 1, 1, 1])),
            (nameof(Device.ReadTop), () => device.ReadTop(tokens, new float[5], new float[15], new int[15])),
            (nameof(Device.ReadRows), () => device.ReadRows(other, rows)),
            (nameof(Device.WriteRows), () => device.WriteRows(hidden, rows)),
        ];
        IEnumerable<string> all = typeof(Device).GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(method => method.IsVirtual && !method.IsSpecialName).Select(method => method.Name).Except(_others);
        // The step has no row whose logits are wanted.
        Assert.Equal(all.Except([nameof(Device.SelectRows)]).Order(), step.Select(operation => operation.Name).Order());

        float[][] expected = Step(null);
        for (failAt = 0; failAt < step.Length; failAt++)
        {
            operations = 0;
            string? failed = null;
            Step(name => failed = name);
            Assert.Equal(step[failAt].Name, failed);
            operations = int.MinValue;
            Assert.Equal(expected, Step(null));
        }

        float[][] Step(Action<string>? onFault)
        {
            device.Begin(batch);
            foreach ((string name, Action run) in step)
            {
                try
                {
                    run();
                }
                catch (InvalidOperationException) when (onFault is not null)
                {
                    onFault(name);
                    break;
                }
            }

            return [.. Enumerable.Range(0, 5).SelectMany(row => new[] { device.ReadRow(other, row).ToArray(), device.ReadRow(scores, row).ToArray() })];
        }
    }
}

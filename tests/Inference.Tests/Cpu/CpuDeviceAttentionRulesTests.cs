using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Execution;
using Inference.Tests.Scheduling;

namespace Inference.Tests.Cpu;

/// <summary>Windows, soft caps and sinks of the CPU device's attention.</summary>
public sealed class CpuDeviceAttentionRulesTests
{
    [Theory]
    [MemberData(nameof(Rules))]
    public void Agrees_with_the_reference(KvCacheType type, int heads, int kvHeads, int? window, float cap, float? sink)
    {
        AttentionScenario scenario = Scenario(type, heads, kvHeads, window, cap, sink);
        using var reference = new ReferenceDevice();
        using var device = new CpuDevice(2);
        float[][] expected = scenario.Run(reference, scenario.Ragged(7));
        float[][] actual = scenario.Run(device, scenario.Ragged(7));
        AssertClose(expected, actual, type);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_row_has_the_same_bits_in_any_batch_with_and_without_assembled_code(KvCacheType type, int heads, int kvHeads, int? window, float cap, float? sink)
    {
        AttentionScenario scenario = Scenario(type, heads, kvHeads, window, cap, sink);
        string expected;
        using (var device = new CpuDevice(1))
            expected = Hash(scenario.Run(device, scenario.Alone()));

        PlannedRows[][][] plans = [scenario.Together(), scenario.TokenByToken(), scenario.Ragged(1), scenario.Ragged(2)];
        for (int i = 0; i < plans.Length; i++)
        {
            using var device = new CpuDevice(1 + i % 4, i % 2 == 0 ? CpuKernels.Auto : CpuKernels.Portable);
            Assert.Equal(expected, Hash(scenario.Run(device, plans[i])));
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_instruction_sets()
    {
        using var device = new CpuDevice(2);
        var hashes = new List<string>();
        foreach (var row in Rules())
        {
            (KvCacheType type, int heads, int kvHeads, int? window, float cap, float? sink) = row.Data;
            AttentionScenario scenario = Scenario(type, heads, kvHeads, window, cap, sink);
            hashes.Add(Hash(scenario.Run(device, scenario.Ragged(4))));
        }

        InstructionSets.AssertSameEverywhere(string.Join(' ', hashes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(128)]
    [InlineData(600)]
    public void A_long_sequence_has_the_same_bits_spread_over_threads(int window)
    {
        var shape = new AttentionShape(6, 2, 64, 0.1f) { Window = window, SoftCap = 20 };
        var scenario = new AttentionScenario(3, shape, [0, 1, 2, 3, 4, 5], KvCacheType.F16, 16, null, 700, 3);
        PlannedRows[][] steps = [[new(0, 0, 690), new(1, 0, 2)], [new(0, 690, 1)], [new(1, 2, 1), new(0, 691, 1)], [new(0, 692, 8)]];
        string expected;
        using (var device = new CpuDevice(1))
            expected = Hash(scenario.Run(device, steps));
        for (int threads = 2; threads <= 4; threads++)
        {
            using var device = new CpuDevice(threads);
            Assert.Equal(expected, Hash(scenario.Run(device, steps)));
        }
    }

    [Fact]
    public void Any_rules_agree_with_the_reference_and_give_the_same_bits_in_any_batch()
    {
        var rules =
            from type in Gen.Elements(Enum.GetValues<KvCacheType>())
            from kvHeads in Gen.Choose(1, 3)
            from @group in Gen.Choose(1, 9)
            from headSize in Gen.Elements(8, 16, 40, 64)
            from blockSize in Gen.Elements(8, 16, 32)
            from window in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(60, 70), Gen.Choose(1, 250), Gen.Constant(int.MaxValue))
            from cap in Gen.Elements(0f, 0.1f, 5f, 50f)
            from sink in Gen.Elements<float?>(null, null, 0f, -1e30f, -80f, 20f, 1e30f)
            from length in Gen.Choose(1, 200)
            from plan in Gen.Choose(1, 1000)
            select (type, kvHeads, @group, headSize, blockSize, window, cap, sink, length, plan);
        Prop.ForAll(rules.ToArbitrary(), rule =>
        {
            int heads = rule.kvHeads * rule.group;
            var shape = new AttentionShape(heads, rule.kvHeads, rule.headSize, 1 / MathF.Sqrt(rule.headSize))
            {
                Window = rule.window == int.MaxValue ? null : rule.window,
                SoftCap = rule.cap,
            };
            float[]? sinks = rule.sink is { } score ? [.. Enumerable.Repeat(score, heads)] : null;
            var scenario = new AttentionScenario(rule.plan, shape, sinks, rule.type, rule.blockSize, null, rule.length, 65, 1);
            using var reference = new ReferenceDevice();
            using var one = new CpuDevice(1);
            using var device = new CpuDevice(2 + rule.plan % 2, rule.plan % 3 == 0 ? CpuKernels.Portable : CpuKernels.Auto);
            float[][] expected = scenario.Run(reference, scenario.Ragged(rule.plan));
            float[][] actual = scenario.Run(device, scenario.Ragged(rule.plan));
            Assert.Equal(Hash(scenario.Run(one, scenario.Alone())), Hash(actual));
            AssertClose(expected, actual, rule.type);
        }).Check(SchedulerPropertyTests.Deterministic(30, 11));
    }

    [Fact]
    public void What_lies_before_the_window_s_chunk_is_not_read()
    {
        var shape = new AttentionShape(2, 1, 8, 0.3f) { Window = 40 };
        var batch = new StepBatch();
        using var device = new CpuDevice(2);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 16, 16, 1, 8, KvCacheType.F16));
        float[] values = [.. HostTensor.Normal(new Random(5), 2 * 16)];
        values.AsSpan(16).Fill(float.NaN);
        using DeviceWeight table = device.Upload(HostTensor.F32(values, 2, 16), WeightUse.Embedding);
        using DeviceWeight kvTable = device.Upload(HostTensor.F32([.. values[..8], .. values[16..24]], 2, 8), WeightUse.Embedding);
        int[] tokens = [.. Enumerable.Range(0, 200).Select(position => position < 64 ? 1 : 0)];
        batch.Add(tokens, 0, [.. Enumerable.Range(0, 13)], wantsLogits: false);
        using DeviceTensor queries = device.Allocate(200, 16);
        using DeviceTensor keys = device.Allocate(200, 8);
        queries.Rows = keys.Rows = 200;
        device.Begin(batch);
        device.Embed(table, queries);
        device.Embed(kvTable, keys);
        device.RotateAndStore(queries, keys, keys, null, shape, cache, 0);
        device.Attend(queries, shape, null, cache, 0, queries);
        for (int position = 0; position < 200; position++)
            Assert.Equal(position < 64 + 40 - 1, float.IsNaN(device.ReadRow(queries, position)[0]));
    }

    [Fact]
    public void Rules_that_cannot_be_are_refused()
    {
        var shape = new AttentionShape(2, 1, 8, 1f);
        using var device = new CpuDevice(1);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 4, 16, 1, 8, KvCacheType.F16));
        using DeviceTensor rows = device.Allocate(1, 16);
        using DeviceWeight sinks = device.Upload(HostTensor.F32(new float[3], 3), WeightUse.Vector);
        rows.Rows = 1;
        var batch = new StepBatch();
        batch.Add([0], 0, [3], wantsLogits: false);
        device.Begin(batch);
        Assert.Throws<ArgumentException>(() => device.Attend(rows, shape with { Window = 0 }, null, cache, 0, rows));
        Assert.Throws<ArgumentException>(() => device.Attend(rows, shape with { Scale = -0.5f }, null, cache, 0, rows));
        Assert.Throws<ArgumentException>(() => device.Attend(rows, shape with { Scale = float.NaN }, null, cache, 0, rows));
        Assert.Throws<ArgumentException>(() => device.Attend(rows, shape, sinks, cache, 0, rows));
    }

    public static TheoryData<KvCacheType, int, int, int?, float, float?> Rules()
    {
        var data = new TheoryData<KvCacheType, int, int, int?, float, float?>();
        foreach (KvCacheType type in Enum.GetValues<KvCacheType>())
        {
            data.Add(type, 4, 2, 1, 0, null);
            data.Add(type, 8, 2, 7, 0, null);
            data.Add(type, 3, 3, 63, 5, null);
            data.Add(type, 4, 1, 64, 0, 0.5f);
            data.Add(type, 16, 2, 65, 30, -2f);
            data.Add(type, 4, 4, 100, 0, 60f);
            data.Add(type, 8, 1, 1000, 0, -300f);
            data.Add(type, 6, 2, null, 2, null);
            data.Add(type, 6, 2, null, 50, 300f);
            data.Add(type, 5, 1, null, 0, 3f);
        }

        return data;
    }

    private static AttentionScenario Scenario(KvCacheType type, int heads, int kvHeads, int? window, float cap, float? sink)
    {
        const int HeadSize = 40;
        var shape = new AttentionShape(heads, kvHeads, HeadSize, 1 / MathF.Sqrt(HeadSize)) { Window = window, SoftCap = cap };
        float[]? sinks = sink is { } score ? [.. Enumerable.Range(0, heads).Select(head => score + head)] : null;
        return new AttentionScenario(window ?? 0, shape, sinks, type, 16, null, 1, 150, 64, 65, 17, 210);
    }

    private static void AssertClose(float[][] expected, float[][] actual, KvCacheType type)
    {
        double tolerance = type switch { KvCacheType.F32 => 5e-6, KvCacheType.F16 => 5e-4, _ => 2e-2 };
        for (int i = 0; i < expected.Length; i++)
        {
            // A great sink leaves next to nothing of a row; what is left is compared beside a value of 1e-6.
            double norm = Math.Max(1e-6, Math.Sqrt(expected[i].Sum(x => (double)x * x)));
            double difference = Math.Sqrt(expected[i].Zip(actual[i]).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2)));
            Assert.True(difference <= tolerance * norm, $"position {i}: {difference / norm}");
        }
    }

    private static string Hash(float[][] rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (float[] row in rows)
            hash.AppendData(MemoryMarshal.AsBytes<float>(row));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}

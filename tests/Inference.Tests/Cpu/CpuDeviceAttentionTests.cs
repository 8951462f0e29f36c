using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Execution;

namespace Inference.Tests.Cpu;

/// <summary>Rotary embedding, cache and attention of the CPU device.</summary>
public sealed class CpuDeviceAttentionTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Agrees_with_the_reference(KvCacheType type, int heads, int kvHeads, int headSize, int blockSize, RopeKind kind, int turned)
    {
        AttentionScenario scenario = Scenario(type, heads, kvHeads, headSize, blockSize, kind, turned);
        PlannedRows[][] steps = scenario.Ragged(headSize + blockSize);
        using var reference = new ReferenceDevice();
        using var device = new CpuDevice(2);
        float[][] expected = scenario.Run(reference, steps);
        float[][] actual = scenario.Run(device, steps);

        AssertClose(type, expected, actual);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Agrees_with_the_reference_on_random_shapes(int seed)
    {
        var random = new Random(seed);
        using var reference = new ReferenceDevice();
        using var device = new CpuDevice(2);
        for (int i = 0; i < 10; i++)
        {
            var type = (KvCacheType)random.Next(3);
            int kvHeads = random.Next(1, 4);
            int headSize = 2 * random.Next(1, 50);
            int turned = 2 * random.Next(1, headSize / 2 + 1);
            AttentionScenario scenario = Scenario(
                type, kvHeads * random.Next(1, 9), kvHeads, headSize, random.Next(1, 40), (RopeKind)random.Next(2), turned);
            PlannedRows[][] steps = scenario.Ragged(i);
            AssertClose(type, scenario.Run(reference, steps), scenario.Run(device, steps));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_row_has_the_same_bits_in_any_batch(KvCacheType type, int heads, int kvHeads, int headSize, int blockSize, RopeKind kind, int turned)
    {
        AttentionScenario scenario = Scenario(type, heads, kvHeads, headSize, blockSize, kind, turned);
        float[][] expected;
        using (var device = new CpuDevice(1))
            expected = scenario.Run(device, scenario.Alone());

        PlannedRows[][][] plans = [scenario.Together(), scenario.TokenByToken(), scenario.Ragged(1), scenario.Ragged(2), scenario.Ragged(3)];
        for (int i = 0; i < plans.Length; i++)
        {
            using var device = new CpuDevice(1 + i % 4);
            AssertSameBits(expected, scenario.Run(device, plans[i]));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_device_without_assembled_code_gives_the_same_bits(KvCacheType type, int heads, int kvHeads, int headSize, int blockSize, RopeKind kind, int turned)
    {
        AttentionScenario scenario = Scenario(type, heads, kvHeads, headSize, blockSize, kind, turned);
        using var device = new CpuDevice(2);
        using var portable = new CpuDevice(2, CpuKernels.Portable);
        AssertSameBits(scenario.Run(device, scenario.Ragged(5)), scenario.Run(portable, scenario.Ragged(5)));
    }

    [Theory]
    [InlineData(KvCacheType.F32)]
    [InlineData(KvCacheType.F16)]
    [InlineData(KvCacheType.Q8_0)]
    public unsafe void A_copied_block_has_the_bytes_of_all_layers_and_no_other_block_changes(KvCacheType type)
    {
        using var cache = new CpuKvCache(new KvCacheShape(3, 5, 4, 2, 34, type));
        CacheLayout layout = cache.Layout;
        int bytes = (int)layout.HeadBytes;
        var random = new Random(1);
        var before = new Dictionary<(int Layer, int Block, int Part), byte[]>();
        for (int part = 0; part < 3 * 5 * 4; part++)
        {
            (int Layer, int Block, int Part) place = (part / 20, part / 4 % 5, part % 4);
            random.NextBytes(Part(place));
            before.Add(place, Part(place).ToArray());
        }

        cache.Copy(source: 3, destination: 1);
        foreach ((int Layer, int Block, int Part) place in before.Keys)
            Assert.True(Part(place).SequenceEqual(before[place with { Block = place.Block == 1 ? 3 : place.Block }]), $"{place}");

        // Heads' keys, then heads' values.
        Span<byte> Part((int Layer, int Block, int Part) place) =>
            new(place.Part < 2 ? layout.Keys(place.Layer, place.Block, place.Part) : layout.Values(place.Layer, place.Block, place.Part - 2), bytes);

        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Copy(5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Copy(0, -1));
    }

    [Fact]
    public void Bits_do_not_depend_on_instruction_sets()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var device = new CpuDevice(2);
        foreach (var row in Shapes())
        {
            (KvCacheType type, int heads, int kvHeads, int headSize, int blockSize, RopeKind kind, int turned) = row.Data;
            AttentionScenario scenario = Scenario(type, heads, kvHeads, headSize, blockSize, kind, turned);
            foreach (float[] result in scenario.Run(device, scenario.Ragged(4)))
                hash.AppendData(MemoryMarshal.AsBytes<float>(result));
        }

        InstructionSets.AssertSameEverywhere(Convert.ToHexString(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData(KvCacheType.F16, 6, 2, 64)]
    [InlineData(KvCacheType.F32, 1, 1, 16)]
    [InlineData(KvCacheType.Q8_0, 8, 1, 80)]
    public void A_long_sequence_has_the_same_bits_spread_over_threads(KvCacheType type, int heads, int kvHeads, int headSize)
    {
        var shape = new AttentionShape(heads, kvHeads, headSize, 0.1f);
        var scenario = new AttentionScenario(3, shape, type, 16, null, 700, 3);
        PlannedRows[][] steps = [[new(0, 0, 690), new(1, 0, 2)], [new(0, 690, 1)], [new(1, 2, 1), new(0, 691, 1)], [new(0, 692, 8)]];
        float[][] expected;
        using (var device = new CpuDevice(1))
            expected = scenario.Run(device, steps);
        for (int threads = 2; threads <= 4; threads++)
        {
            using var device = new CpuDevice(threads);
            AssertSameBits(expected, scenario.Run(device, steps));
        }
    }

    [Fact]
    public void What_stands_behind_a_sequence_does_not_matter()
    {
        // Blocks that a finished sequence left behind hold its numbers, here ones that would poison every sum.
        var shape = new AttentionShape(2, 1, 8, 0.3f);
        var batch = new StepBatch();
        using var device = new CpuDevice(1);
        using DeviceKvCache used = device.AllocateKvCache(new KvCacheShape(1, 2, 16, 1, 8, KvCacheType.F16));
        using DeviceKvCache fresh = device.AllocateKvCache(new KvCacheShape(1, 2, 16, 1, 8, KvCacheType.F16));
        using DeviceWeight table = device.Upload(
            HostTensor.F32([.. HostTensor.Normal(new Random(5), 20 * 16), .. Enumerable.Repeat(float.NaN, 16)], 21, 16), WeightUse.Embedding);
        using DeviceWeight kvTable = device.Upload(
            HostTensor.F32([.. HostTensor.Normal(new Random(6), 20 * 8), .. Enumerable.Repeat(float.NaN, 8)], 21, 8), WeightUse.Embedding);
        Attend(used, [.. Enumerable.Repeat(20, 32)]);
        Assert.All(Attend(used, [20]), row => Assert.All(row, value => Assert.True(float.IsNaN(value))));
        AssertSameBits(Attend(fresh, [.. Enumerable.Range(0, 20)]), Attend(used, [.. Enumerable.Range(0, 20)]));

        float[][] Attend(DeviceKvCache cache, int[] tokens)
        {
            batch.Clear();
            batch.Add(tokens, 0, [1, 0], wantsLogits: false);
            using DeviceTensor queries = device.Allocate(tokens.Length, 16);
            using DeviceTensor keys = device.Allocate(tokens.Length, 8);
            queries.Rows = keys.Rows = tokens.Length;
            device.Begin(batch);
            device.Embed(table, queries);
            device.Embed(kvTable, keys);
            device.RotateAndStore(queries, keys, keys, null, shape, cache, 0);
            device.Attend(queries, shape, null, cache, 0, queries);
            return [.. Enumerable.Range(0, tokens.Length).Select(row => device.ReadRow(queries, row).ToArray())];
        }
    }

    [Fact]
    public void A_step_that_does_not_fit_the_cache_is_refused()
    {
        var shape = new AttentionShape(1, 1, 8, 1f);
        using var device = new CpuDevice(1);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 4, 16, 1, 8, KvCacheType.F16));
        using DeviceTensor rows = device.Allocate(1, 8);
        rows.Rows = 1;
        var batch = new StepBatch();
        batch.Add([0], 16, [3], wantsLogits: false);
        device.Begin(batch);
        Assert.Throws<ArgumentException>(() => device.RotateAndStore(rows, rows, rows, null, shape, cache, 0));
        batch.Clear();
        batch.Add([0], 0, [4], wantsLogits: false);
        device.Begin(batch);
        Assert.Throws<ArgumentException>(() => device.Attend(rows, shape, null, cache, 0, rows));
        batch.Clear();
        batch.Add([0], 0, [3], wantsLogits: false);
        device.Begin(batch);
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Attend(rows, shape, null, cache, 1, rows));
    }

    public static TheoryData<KvCacheType, int, int, int, int, RopeKind, int> Shapes()
    {
        var data = new TheoryData<KvCacheType, int, int, int, int, RopeKind, int>();
        foreach (KvCacheType type in Enum.GetValues<KvCacheType>())
        {
            data.Add(type, 2, 2, 8, 16, RopeKind.Interleaved, 8);
            data.Add(type, 8, 4, 16, 8, RopeKind.Halves, 16);
            data.Add(type, 9, 3, 64, 16, RopeKind.Interleaved, 64);
            data.Add(type, 4, 1, 80, 32, RopeKind.Halves, 40);
            data.Add(type, 8, 1, 128, 16, RopeKind.Halves, 128);
            data.Add(type, 3, 3, 10, 5, RopeKind.Interleaved, 6);
            data.Add(type, 2, 1, 48, 128, RopeKind.Halves, 48);
            data.Add(type, 5, 5, 32, 32, RopeKind.Halves, 32);
            data.Add(type, 12, 2, 96, 16, RopeKind.Interleaved, 96);
            data.Add(type, 4, 1, 256, 64, RopeKind.Halves, 64);
            data.Add(type, 11, 1, 112, 48, RopeKind.Halves, 112);
        }

        return data;
    }

    private static AttentionScenario Scenario(KvCacheType type, int heads, int kvHeads, int headSize, int blockSize, RopeKind kind, int turned)
    {
        double[] frequencies = [.. Enumerable.Range(0, turned / 2).Select(i => Math.Pow(10000, -2.0 * i / turned))];
        var shape = new AttentionShape(heads, kvHeads, headSize, 1 / MathF.Sqrt(headSize));
        double magnitude = kind == RopeKind.Halves ? 1.1 : 1;
        return new AttentionScenario(headSize, shape, type, blockSize, new Rope(kind, frequencies, magnitude), 1, 150, 64, 65, 17);
    }

    // Float rounding, and for the narrower types now and then an element that rounds to the neighbouring code.
    private static void AssertClose(KvCacheType type, float[][] expected, float[][] actual)
    {
        double tolerance = type switch { KvCacheType.F32 => 5e-6, KvCacheType.F16 => 5e-4, _ => 1e-2 };
        for (int i = 0; i < expected.Length; i++)
            Assert.InRange(RelativeError(expected[i], actual[i]), 0, tolerance);
    }

    private static double RelativeError(float[] expected, float[] actual)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(difference / norm);
    }

    private static void AssertSameBits(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(MemoryMarshal.AsBytes<float>(expected[i]).SequenceEqual(MemoryMarshal.AsBytes<float>(actual[i])), $"row {i}");
    }
}

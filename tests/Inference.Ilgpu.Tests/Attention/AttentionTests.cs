using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Inference.Execution;
using Inference.Ilgpu.Attention;

namespace Inference.Ilgpu.Tests.Attention;

/// <summary>Rotary embedding, cache and attention through the device, on what accelerators there are without a card.</summary>
[Collection(Emulation.Name)]
public sealed partial class AttentionTests(SharedDevices devices) : IClassFixture<SharedDevices>
{
    public static TheoryData<string, KvCacheType, int, int, int, int, RopeKind, int> Shapes()
    {
        var data = new TheoryData<string, KvCacheType, int, int, int, int, RopeKind, int>();
        foreach (KvCacheType type in Enum.GetValues<KvCacheType>())
        {
            data.Add("Cpu", type, 4, 2, 8, 8, RopeKind.Halves, 8);
            data.Add("OpenCL", type, 2, 2, 8, 16, RopeKind.Interleaved, 8);
            data.Add("OpenCL", type, 9, 3, 64, 16, RopeKind.Interleaved, 64);
            data.Add("OpenCL", type, 4, 1, 80, 32, RopeKind.Halves, 40);
            data.Add("OpenCL", type, 3, 3, 10, 5, RopeKind.Interleaved, 6);
            data.Add("OpenCL", type, 2, 1, 48, 128, RopeKind.Halves, 48);
            data.Add("OpenCL", type, 4, 1, 256, 64, RopeKind.Halves, 64);
        }

        data.Add("Cpu", KvCacheType.F16, 3, 1, 48, 16, RopeKind.Interleaved, 32);
        data.Add("Cpu", KvCacheType.F16, 20, 1, 40, 8, RopeKind.Halves, 40);
        data.Add("Cpu", KvCacheType.F16, 2, 1, 10, 5, RopeKind.Halves, 10);
        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Agrees_with_the_reference_in_any_steps(string kind, KvCacheType type, int heads, int kvHeads, int headSize, int blockSize, RopeKind rope, int turned)
    {
        double[] frequencies = [.. Enumerable.Range(0, turned / 2).Select(i => Math.Pow(10000, -2.0 * i / turned))];
        var shape = new AttentionShape(heads, kvHeads, headSize, 1 / MathF.Sqrt(headSize));
        int[] lengths = kind == "Cpu" ? [1, 7] : [1, 150, 64, 65, 17];
        var scenario = new AttentionScenario(headSize, shape, type, blockSize, new Rope(rope, frequencies, 1.1), lengths);
        AssertRight(scenario, devices.Get(kind), type);
    }

    [Theory]
    [InlineData("Cpu", KvCacheType.F16, 2, 0f, false, 6)]
    [InlineData("Cpu", KvCacheType.F16, null, 4f, true, 5)]
    [InlineData("OpenCL", KvCacheType.F32, 1, 0f, false, 70)]
    [InlineData("OpenCL", KvCacheType.F32, 33, 3f, true, 300)]
    [InlineData("OpenCL", KvCacheType.Q8_0, 256, 0f, true, 530)]
    public void Rules_agree_with_the_reference(string kind, KvCacheType type, int? window, float softCap, bool hasSinks, int length)
    {
        AttentionShape shape = new(4, 2, 16, 0.25f) { Window = window, SoftCap = softCap };
        float[]? sinks = hasSinks ? [0.5f, -3f, 6f, 0f] : null;
        AssertRight(new AttentionScenario(9, shape, sinks, type, 16, null, length, 3), devices.Get(kind), type);
    }

    [Theory]
    [InlineData(KvCacheType.F32)]
    [InlineData(KvCacheType.F16)]
    [InlineData(KvCacheType.Q8_0)]
    public void A_long_sequence_has_the_same_bits_spread_over_groups(KvCacheType type)
    {
        // The prompt's many rows walk their chunks; the rows that follow have each chunk computed apart and merged.
        AttentionShape shape = new(6, 2, 64, 0.1f);
        AttentionScenario scenario = new(3, shape, type, 16, null, 620, 3);
        Device device = devices.Get("OpenCL");
        float[][] together = scenario.Run(device, scenario.Alone());
        AssertSameBits(together, scenario.Run(device, [[new(0, 0, 530), new(1, 0, 2)], [new(0, 530, 1)], [new(1, 2, 1), new(0, 531, 1)], [new(0, 532, 88)]]));
        using ReferenceDevice reference = new();
        AssertClose(type, scenario.Run(reference, scenario.Alone()), together);
    }

    [Theory]
    [InlineData("Cpu", KvCacheType.F16, 8)]
    [InlineData("Cpu", KvCacheType.F16, 10)]
    [InlineData("OpenCL", KvCacheType.F32, 8)]
    [InlineData("OpenCL", KvCacheType.F16, 8)]
    [InlineData("OpenCL", KvCacheType.Q8_0, 8)]
    public void What_stands_behind_a_sequence_does_not_matter(string kind, KvCacheType type, int headSize)
    {
        AttentionShape shape = new(2, 1, headSize, 0.3f);
        StepBatch batch = new();
        Device device = devices.Get(kind);
        using DeviceKvCache used = device.AllocateKvCache(new KvCacheShape(1, 2, 16, 1, headSize, type));
        using DeviceKvCache fresh = device.AllocateKvCache(new KvCacheShape(1, 2, 16, 1, headSize, type));
        using DeviceWeight table = Table(5, 2 * headSize), keyTable = Table(6, headSize);
        Attend(used, [.. Enumerable.Repeat(20, 32)]);
        Assert.All(Attend(used, [20]), row => Assert.All(row, value => Assert.True(float.IsNaN(value))));
        // Nor what comes behind a row in its own sequence.
        float[][] expected = Attend(fresh, [.. Enumerable.Range(0, 20)]);
        AssertSameBits(expected, Attend(used, [.. Enumerable.Range(0, 20)]));
        AssertSameBits(expected[..19], Attend(used, [.. Enumerable.Range(0, 19), 20])[..19]);

        DeviceWeight Table(int seed, int width) => device.Upload(
            HostTensor.F32([.. HostTensor.Normal(new Random(seed), 20 * width), .. Enumerable.Repeat(float.NaN, width)], 21, width), WeightUse.Embedding);

        float[][] Attend(DeviceKvCache cache, int[] tokens)
        {
            batch.Clear();
            batch.Add(tokens, 0, [1, 0], wantsLogits: false);
            using DeviceTensor queries = device.Allocate(tokens.Length, 2 * headSize), keys = device.Allocate(tokens.Length, headSize), output = device.Allocate(tokens.Length, 2 * headSize);
            queries.Rows = keys.Rows = output.Rows = tokens.Length;
            device.Begin(batch);
            device.Embed(table, queries);
            device.Embed(keyTable, keys);
            device.RotateAndStore(queries, keys, keys, null, shape, cache, 0);
            device.Attend(queries, shape, null, cache, 0, output);
            return [.. Enumerable.Range(0, tokens.Length).Select(row => device.ReadRow(output, row).ToArray())];
        }
    }

    [Fact]
    public void Any_shape_agrees_with_the_reference()
    {
        Device device = devices.Get("OpenCL");
        for (int seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var type = (KvCacheType)random.Next(3);
            int kvHeads = random.Next(1, 4), headSize = 2 * random.Next(1, 50), turned = 2 * random.Next(1, (headSize / 2) + 1);
            double[] frequencies = [.. Enumerable.Range(0, turned / 2).Select(i => Math.Pow(10000, -2.0 * i / turned))];
            AttentionShape shape = new(kvHeads * random.Next(1, 9), kvHeads, headSize, 0.2f) { Window = random.Next(2) == 0 ? null : random.Next(1, 90), SoftCap = random.Next(3) == 0 ? 5 : 0 };
            AttentionScenario scenario = new(seed, shape, type, random.Next(1, 40), new Rope((RopeKind)random.Next(2), frequencies, 1), random.Next(1, 100), random.Next(1, 40));
            AssertRight(scenario, device, type);
        }
    }

    [Theory]
    [InlineData(nameof(TileAttendKernel.Walk))]
    [InlineData(nameof(TileAttendKernel.Spread))]
    public void Tiles_are_multiplied_on_tensor_cores_and_stay_in_registers(string kernel)
    {
        string ptx = PtxText.Of(typeof(TileAttendKernel), kernel, TileAttendKernel.GroupSize);
        Assert.Contains("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", ptx, StringComparison.Ordinal);
        Assert.Contains("cvt.rn.f16x2.f32", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.v4", ptx, StringComparison.Ordinal);
        Assert.Contains("ld.shared.v4", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        foreach (string architecture in (string[])["sm_80", "sm_90"])
        {
            if (PtxText.Assemble(ptx, architecture) is not { } report)
                continue;
            Assert.Contains(" 0 bytes spill stores, 0 bytes spill loads", report, StringComparison.Ordinal);
            // Two groups find room on a multiprocessor, and leave some.
            Assert.InRange(int.Parse(Registers().Match(report).Groups[1].ValueSpan, CultureInfo.InvariantCulture), 1, 96);
        }
    }

    [Theory]
    [InlineData(typeof(AttendKernel<SingleElements>), "Walk", 32)]
    [InlineData(typeof(AttendKernel<HalfElements>), "Spread", 32)]
    [InlineData(typeof(AttendKernel<ByteElements>), "Walk", 32)]
    [InlineData(typeof(AttendKernel<HalfElements>), "Combine", 32)]
    [InlineData(typeof(StoreKernel<ByteElements>), "Run", 256)]
    [InlineData(typeof(TileStoreKernel), "Run", 256)]
    [InlineData(typeof(RotateKernel), "Run", 256)]
    public void Nothing_lies_in_local_memory(Type kernel, string method, int groupSize) =>
        Assert.DoesNotContain(".local", PtxText.Of(kernel, method, groupSize), StringComparison.Ordinal);

    [GeneratedRegex("Used ([0-9]+) registers")]
    private static partial Regex Registers();

    private static void AssertRight(AttentionScenario scenario, Device device, KvCacheType type)
    {
        float[][] actual = scenario.Run(device, scenario.Together());
        using ReferenceDevice reference = new();
        AssertClose(type, scenario.Run(reference, scenario.Together()), actual);
        AssertSameBits(actual, scenario.Run(device, scenario.Alone()));
        AssertSameBits(actual, scenario.Run(device, scenario.TokenByToken()));
        AssertSameBits(actual, scenario.Run(device, scenario.Ragged(1)));
    }

    // Float rounding, and for the narrower types now and then an element that rounds to the neighbouring code.
    private static void AssertClose(KvCacheType type, float[][] expected, float[][] actual)
    {
        double tolerance = type switch { KvCacheType.F32 => 5e-6, KvCacheType.F16 => 2e-3, _ => 1e-2 };
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Sqrt(expected[i].Zip(actual[i], (x, y) => Math.Pow((double)x - y, 2)).Sum());
            double norm = Math.Sqrt(expected[i].Sum(x => (double)x * x));
            Assert.InRange(difference, 0, tolerance * norm);
        }
    }

    private static void AssertSameBits(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(MemoryMarshal.AsBytes<float>(expected[i]).SequenceEqual(MemoryMarshal.AsBytes<float>(actual[i])), $"row {i}");
    }
}

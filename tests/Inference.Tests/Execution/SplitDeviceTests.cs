using FsCheck;
using FsCheck.Fluent;
using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Engine;

namespace Inference.Tests.Execution;

/// <summary>Where a model is split does not show.</summary>
public class SplitDeviceTests
{
    private static readonly string[] _prompts = ["Once upon a time", "Once upon a time there was a dog", "The", "Lily and Tom"];

    [Theory]
    [InlineData("stories260K")]
    [InlineData("models/TinyStories-656K")]
    public async Task Logits_are_those_of_one_device(string model)
    {
        string path = model == "stories260K" ? TestData.Stories260K : TestData.Path(model);
        int layers = await LayersAsync(path);
        float[][] whole = await RunAsync(path, new CpuDevice(1));
        for (int first = 0; first <= layers; first++)
            Equal(whole, await RunAsync(path, new SplitDevice([new(new CpuDevice(1), first), new(new CpuDevice(1), null)])));
        Equal(whole, await RunAsync(path, new SplitDevice([.. Enumerable.Range(0, layers + 2).Select(_ => new DevicePart(new CpuDevice(1), 1))])));
    }

    [Fact]
    public async Task A_device_gets_as_many_layers_as_its_memory_holds()
    {
        int layers = await LayersAsync(TestData.Stories260K);
        var names = new HashSet<string>();
        for (long free = 0; free < 4 << 20; free += 64 << 10)
        {
            var split = new SplitDevice([new(new DelegatingDevice(new CpuDevice(1)) { Free = free }, null), new(new CpuDevice(1), null)]);
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = split, ContextLength = 64, MaxTokensPerStep = 16, MaxSequences = 2 });
            names.Add(engine.DeviceName);
        }

        // None and all on the first: the other is not named.
        Assert.Equal(layers, names.Count);
    }

    [Fact]
    public async Task What_fails_on_one_device_fails_as_on_any()
    {
        var broken = new DelegatingDevice(new CpuDevice(1)) { OnStep = (step, _) => Throw(step == 3) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = new SplitDevice([new(new CpuDevice(1), 2), new(broken, null)]), ContextLength = 64 });
        await Assert.ThrowsAnyAsync<InferenceException>(() => engine.Submit("Once upon a time", new() { MaxOutputTokens = 20, IgnoreEndOfText = true }).Completion);
        await engine.DisposeAsync();
        Assert.Equal(1, broken.Disposals);
    }

    [Fact]
    public void Blocks_are_those_of_the_parts_one_after_the_other()
    {
        Prop.ForAll(Gen.Choose(1, 5).ArrayOf(3).ToArbitrary(), counts =>
        {
            using var split = new SplitDevice([.. counts.Select(count => new DevicePart(new CpuDevice(1), count))]);
            int layers = counts.Sum();
            split.Prepare(new ModelFootprint([.. Enumerable.Repeat<IReadOnlyList<Inference.Formats.StoredTensor>>([], layers)], [], [], 0, 0));
            using DeviceKvCache cache = split.AllocateKvCache(new KvCacheShape(layers, 4, 16, 2, 8, KvCacheType.F16));
            byte[] bytes = new byte[cache.Shape.BytesPerBlock], read = new byte[bytes.Length];
            new Random(layers).NextBytes(bytes);
            split.WriteBlock(cache, 1, bytes);
            split.CopyBlock(cache, 1, 3);
            split.ReadBlock(cache, 3, read);
            Assert.Equal(bytes, read);
            Assert.Throws<ArgumentException>(() => split.ReadBlock(cache, 0, new byte[7]));
            Assert.InRange(cache.BlockFormat.Length, 1, 16);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Parts_are_checked()
    {
        Assert.Throws<ArgumentException>(() => new SplitDevice([]));
        using var device = new CpuDevice(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SplitDevice([new(device, -1)]));
    }

    private static void Throw(bool now)
    {
        if (now)
            throw new InvalidOperationException("broken");
    }

    private static async Task<int> LayersAsync(string path)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, new EngineOptions { Threads = 1 });
        return engine.Model.Layers;
    }

    /// <summary>The logits of requests that run together, with prompts cut and prefixes shared.</summary>
    private static async Task<float[][]> RunAsync(string path, Device device)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, new EngineOptions { Device = device, ContextLength = 64, MaxTokensPerStep = 7, KvBlockSize = 8 });
        var logits = new List<float[]>[_prompts.Length];
        Task<GenerationResult>[] running = [.. _prompts.Select((prompt, i) =>
        {
            logits[i] = [];
            return engine.Submit(prompt, new() { MaxOutputTokens = 9, IgnoreEndOfText = true, LogitsObserver = (_, row) => logits[i].Add(row.ToArray()) }).Completion;
        })];
        await Task.WhenAll(running);
        return [.. logits.SelectMany(rows => rows)];
    }

    private static void Equal(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i]);
    }
}

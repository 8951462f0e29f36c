using Inference.Cpu;
using Inference.Execution;
using Inference.Persistence;
using Inference.Tests.Engine;

namespace Inference.Tests.Execution;

/// <summary>Engines whose layers are on several devices: company, forks, evictions, saved conversations and faults.</summary>
public sealed class SplitEngineTests
{
    private const int Layers = 5;

    private static readonly EngineOptions _options = new() { Threads = 1, ContextLength = 160, KvBlockSize = 8 };

    [Fact]
    public async Task Any_split_gives_any_request_in_any_company_the_bits_it_gets_alone()
    {
        RecordedRequest[] alone = RequestMix.Create(41, 24);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { PrefixCaching = false }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        var random = new Random(17);
        for (int round = 0; round < 8; round++)
        {
            EngineOptions options = _options with
            {
                Device = Split(random),
                KvBlockSize = 8 << random.Next(0, 3),
                KvCacheTokens = random.Next(160, 500),
                MaxTokensPerStep = random.Next(1, 100),
                MaxSequences = random.Next(1, 24),
                KvSpill = random.Next(2) == 0 ? KvSpillOptions.ToMemory(1 << 20) : null,
            };
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
            RecordedRequest[] together = RequestMix.Create(41, 24);
            Task[] runs = [.. together.Select((request, i) => i % 3 == 0 ? request.StreamAsync(engine) : request.RunAsync(engine))];
            await Task.WhenAll(runs).WaitAsync(TimeSpan.FromSeconds(60));
            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
            for (int i = 0; i < alone.Length; i++)
                RecordedRequest.AssertSame(alone[i], together[i]);
        }
    }

    [Fact]
    public async Task Forks_go_on_with_the_bits_of_what_they_left()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = Two(2) });
        var options = new GenerationOptions { MaxOutputTokens = 30, IgnoreEndOfText = true };
        Generation generation = engine.Submit(Ids(3, 21), options);
        Generation? fork = null;
        int seen = 0;
        await foreach (GeneratedToken _ in generation)
        {
            if (++seen == 7)
                fork = generation.Fork(options);
        }

        int[] whole = [.. Ids(3, 21), .. (await generation.Completion).Tokens];
        int[] again = [.. fork!.PromptTokens, .. (await fork.Completion).Tokens];
        Assert.Equal(whole, again[..whole.Length]);
    }

    [Fact]
    public async Task Conversations_are_saved_and_go_on_and_another_split_is_refused()
    {
        int[] prompt = Ids(1, 60);
        using var stream = new MemoryStream();
        RecordedRequest stayed = Request([.. prompt, 7]), returned = Request([.. prompt, 7]);
        await using (InferenceEngine first = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = Two(2) }))
        {
            Generation generation = first.Submit(prompt, new() { MaxOutputTokens = 1 });
            await generation.Completion;
            Assert.Equal(56, (await generation.SaveAsync(stream, TestContext.Current.CancellationToken)).CachedTokens);
            await stayed.RunAsync(first);
        }

        await using InferenceEngine second = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = Two(2) });
        stream.Position = 0;
        Assert.Equal(56, (await second.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken)).CachedTokens);
        await returned.RunAsync(second);
        Assert.Equal(56, returned.Result!.Usage.CachedInputTokens);
        RecordedRequest.AssertSame(stayed, returned);

        foreach (Device other in (Device[])[Two(3), new CpuDevice(1)])
        {
            await using InferenceEngine third = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = other });
            stream.Position = 0;
            CacheMismatchException error = await Assert.ThrowsAsync<CacheMismatchException>(() => third.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal("block format", error.Subject);
        }
    }

    [Fact]
    public async Task All_layers_on_one_part_is_that_device()
    {
        int[] prompt = Ids(1, 60);
        using var stream = new MemoryStream();
        await using InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        await plain.Submit(prompt, new() { MaxOutputTokens = 1 }).Completion;
        await plain.SaveAsync(prompt, stream, cancellationToken: TestContext.Current.CancellationToken);
        foreach (int first in (int[])[0, Layers])
        {
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = Two(first) });
            stream.Position = 0;
            Assert.Equal(56, (await engine.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken)).CachedTokens);
            Assert.Equal(plain.Statistics.TotalBlocks, engine.Statistics.TotalBlocks);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fault_of_either_device_takes_its_step_with_it_and_nothing_else(bool second)
    {
        RecordedRequest[] alone = RequestMix.Create(11, 24, longestOutput: 12);
        EngineOptions options = _options with { MaxTokensPerStep = 32, MaxSequences = 12, KvCacheTokens = 512, MaxQueuedRequests = 64 };
        await using (InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, options with { PrefixCaching = false }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(plain);
        }

        var random = new Random(5);
        var device = new DelegatingDevice(new CpuDevice(1));
        int failAt = int.MaxValue, operations = 0, failures = 0;
        device.OnOperation = _ =>
        {
            if (operations++ == failAt)
                throw new InvalidOperationException("the device broke");
        };
        Device split = second ? new SplitDevice([new(new CpuDevice(1), 2), new(device, null)]) : new SplitDevice([new(device, 2), new(new CpuDevice(1), null)]);
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options with { Device = split });
        for (int round = 0; round < 20; round++)
        {
            // The engine is idle here: its thread sees both with the next request.
            (operations, failAt) = (0, random.Next(400));
            RecordedRequest[] together = RequestMix.Create(11, 24, longestOutput: 12);
            Task[] runs = [.. together.Select(request => request.RunAsync(engine))];
            for (int i = 0; i < runs.Length; i++)
            {
                try
                {
                    await runs[i].WaitAsync(TimeSpan.FromSeconds(60));
                    RecordedRequest.AssertSame(alone[i], together[i]);
                }
                catch (GenerationFailedException error)
                {
                    Assert.Contains("the device broke", error.Message, StringComparison.Ordinal);
                    failures++;
                }
            }

            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
        }

        Assert.InRange(failures, 10, 20 * 12);
        Assert.True(engine.IsHealthy);
        await engine.DisposeAsync();
        Assert.Equal(1, device.Disposals);
    }

    [Fact]
    public async Task Steady_decoding_allocates_nothing()
    {
        const int Tokens = 300;
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = Two(2), ContextLength = 512 });
        long[] allocated = new long[Tokens];
        var watched = new GenerationOptions
        {
            MaxOutputTokens = Tokens,
            IgnoreEndOfText = true,
            LogitsObserver = (position, _) => allocated[position - 5] = GC.GetAllocatedBytesForCurrentThread(),
        };
        // Texts of tokens are made when a token first occurs, and kept.
        for (int round = 0; round < 2; round++)
            await engine.Submit("Once upon a time", watched).Completion;
        // Lists double now and then.
        Assert.InRange(Enumerable.Range(100, 150).Count(i => allocated[i + 1] != allocated[i]), 0, 10);
    }

    private static SplitDevice Two(int first) => new([new(new CpuDevice(1), first), new(new CpuDevice(1), null)]);

    /// <summary>One to six devices with some layers each, also none; the last has the rest.</summary>
    private static SplitDevice Split(Random random) =>
        new([.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => new DevicePart(new CpuDevice(random.Next(1, 3)), random.Next(0, 3))), new DevicePart(new CpuDevice(1), null)]);

    private static RecordedRequest Request(int[] prompt) => new(prompt, new() { MaxOutputTokens = 8, IgnoreEndOfText = true });

    private static int[] Ids(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 500))];
    }
}

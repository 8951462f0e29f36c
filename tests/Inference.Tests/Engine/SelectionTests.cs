using Inference.Cpu;
using Inference.Execution;
using Inference.Sampling;

namespace Inference.Tests.Engine;

/// <summary>Engines whose device selects the greatest logits give the tokens of those whose device does not, and read few rows.</summary>
public sealed class SelectionTests
{
    private static readonly EngineOptions _options = new() { Threads = 2, ContextLength = 96, MaxTokensPerStep = 24, MaxSequences = 12, KvCacheTokens = 600, KvBlockSize = 8 };

    // Every kind of request; those that the row must decide at the end.
    private static readonly GenerationOptions[] _kinds =
    [
        new(),
        new() { Temperature = 1, TopK = 1 },
        new() { Temperature = 0.8f, TopK = 40 },
        new() { Temperature = 1.2f, TopK = 200, TopP = 0.9f },
        new() { Temperature = 0.7f, TopK = 60, TopP = 0.95f, MinP = 0.02f },
        new() { Temperature = 1, TopP = 0.95f },
        new() { Temperature = 0.5f, TopP = 0.9f },
        new() { Temperature = 1, MinP = 0.1f },
        new() { Temperature = 1.5f, MinP = 0.02f, TopP = 0.99f },
        new() { Temperature = 5, TopP = 0.99f },
        new() { Temperature = 1 },
        new() { Temperature = 1, TopK = 300 },
        new() { Temperature = 1, TopK = 30, RepetitionPenalty = 1.2f },
        new() { Temperature = 1, TopK = 30, FrequencyPenalty = 0.5f, PresencePenalty = 0.5f },
        new() { Temperature = 0.9f, TopP = 0.9f, LogitBias = new Dictionary<int, float> { [300] = 2, [301] = float.NegativeInfinity } },
        new() { Temperature = 1, TopK = 20, LogProbabilities = 3 },
    ];

    [Theory]
    [InlineData(256)]
    [InlineData(64)]
    [InlineData(7)]
    public async Task Tokens_are_those_of_a_device_that_selects_none(int most)
    {
        List<GenerationResult> expected = [];
        await using (InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = new CpuDevice(2), PrefixCaching = false, MaxSequences = 1 }))
        {
            foreach (GenerationOptions options in Requests())
                expected.Add(await plain.Submit("Once upon a time", options).Completion);
        }

        var device = new SelectingDevice(new CpuDevice(2)) { Most = most };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        GenerationResult[] together = await Task.WhenAll(Requests().Select(options => engine.Submit("Once upon a time", options).Completion));
        for (int i = 0; i < together.Length; i++)
            Assert.Equal(expected[i].Tokens, together[i].Tokens);
        Assert.True(device.RowsSelected > 100, $"{device.RowsSelected} rows");
    }

    [Fact]
    public async Task Requests_that_the_greatest_decide_read_no_row()
    {
        var device = new SelectingDevice(new CpuDevice(1)) { Error = 1e-7 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => engine.Submit("Once upon a time", _kinds[i % 5] with { Seed = (ulong)i, MaxOutputTokens = 40 }).Completion));
        Assert.Equal(0, device.RowsRead);
        GenerationResult nucleus = await engine.Submit("Once upon a time", new() { Temperature = 0.8f, TopP = 0.9f, Seed = 1, MaxOutputTokens = 60, IgnoreEndOfText = true }).Completion;
        // A cut in doubt is rare.
        Assert.InRange(device.RowsRead, 0, nucleus.Tokens.Count / 5);
    }

    [Fact]
    public async Task Forks_of_sampled_requests_go_on_as_alone()
    {
        GenerationOptions drawn = new() { Temperature = 1, TopK = 40, TopP = 0.95f, Seed = 3, MaxOutputTokens = 40, IgnoreEndOfText = true };
        var device = new SelectingDevice(new CpuDevice(2));
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device, StreamCapacity = 2 });
        Generation parent = engine.Submit("Once upon a time", drawn);
        List<Generation> forks = [];
        await foreach (GeneratedToken _ in parent)
        {
            if (forks.Count < 6)
                forks.Add(parent.Fork(drawn with { Seed = (ulong)forks.Count, MaxOutputTokens = 15 }));
        }

        await using InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = new CpuDevice(2) });
        foreach (Generation fork in forks)
        {
            GenerationResult result = await fork.Completion;
            GenerationResult alone = await plain.Submit(fork.PromptTokens.ToArray(), drawn with { Seed = result.Seed, MaxOutputTokens = 15 }).Completion;
            Assert.Equal(alone.Tokens, result.Tokens);
        }

        Assert.Equal((await plain.Submit("Once upon a time", drawn).Completion).Tokens, (await parent.Completion).Tokens);
        Assert.Equal(0, device.RowsRead);
    }

    [Fact]
    public async Task A_row_that_the_device_refuses_is_the_hosts_to_judge()
    {
        var device = new SelectingDevice(new CpuDevice(1)) { OnReadTop = counts => counts.Fill(-1) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        GenerationOptions options = new() { Temperature = 1, TopK = 5, MaxOutputTokens = 20, Seed = 9 };
        IReadOnlyList<int> tokens = (await engine.Submit("Once", options).Completion).Tokens;
        Assert.Equal(tokens.Count, device.RowsRead);
        device.OnRead = row => [float.NaN, .. row.ToArray()[1..]];
        await Assert.ThrowsAsync<InvalidLogitsException>(() => engine.Submit("Once", options).Completion);
        (device.OnRead, device.OnReadTop) = (null, null);
        Assert.Equal(tokens, (await engine.Submit("Once", options).Completion).Tokens);
    }

    [Fact]
    public async Task A_selection_that_fails_ends_the_steps_requests_and_the_engine_goes_on()
    {
        bool breaks = true;
        var device = new SelectingDevice(new CpuDevice(1)) { OnReadTop = _ => Throw(breaks) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        GenerationOptions options = new() { Temperature = 1, TopK = 5, MaxOutputTokens = 20, Seed = 9 };
        GenerationFailedException error = await Assert.ThrowsAsync<GenerationFailedException>(() => engine.Submit("Once", options).Completion);
        Assert.Contains("the device broke", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, engine.Statistics.FailedSteps);
        // Greedy requests do not ask for it.
        Assert.Equal(20, (await engine.Submit("Once", new() { MaxOutputTokens = 20 }).Completion).Tokens.Count);
        breaks = false;
        Assert.NotEmpty((await engine.Submit("Once", options).Completion).Tokens);
        Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task Only_the_split_devices_last_part_selects()
    {
        var last = new SelectingDevice(new CpuDevice(1));
        var first = new CpuDevice(1);
        var device = new SplitDevice([new DevicePart(first, 2), new DevicePart(last, null)]);
        await using InferenceEngine split = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        await using InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        GenerationOptions options = new() { Temperature = 1, TopK = 50, TopP = 0.9f, MaxOutputTokens = 30, Seed = 2 };
        Assert.Equal((await plain.Submit("Once", options).Completion).Tokens, (await split.Submit("Once", options).Completion).Tokens);
        Assert.True(last.RowsSelected > 0);
        Assert.Equal(256, device.MostSelected);
    }

    private static void Throw(bool now)
    {
        if (now)
            throw new InvalidOperationException("the device broke");
    }

    // Seeds apart, lengths apart, so that rows move between steps.
    private static IEnumerable<GenerationOptions> Requests() =>
        Enumerable.Range(0, 2 * _kinds.Length).Select(i => _kinds[i % _kinds.Length] with { Seed = (ulong)i, MaxOutputTokens = 10 + (i * 7 % 30), IgnoreEndOfText = i % 3 == 0 });
}

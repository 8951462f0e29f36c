using Inference.Execution;
using Inference.Tests.Engine;
using Inference.Tests.Formats;
using Inference.Tests.Models;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Promise 1 on an accelerator: a request has its bits alone, in company, with its prompt in pieces, after a prefix hit, a fork or a preemption.</summary>
[Collection(Emulation.Name)]
public sealed class DeterminismTests(SharedDevices devices)
{
    private const int Context = 160;

    public static TheoryData<string, KvCacheType> Models => new()
    {
        { "models/stories260K/stories260K.Q8_0.gguf", KvCacheType.F16 },
        { "models/TinyStories-656K/TinyStories-656K.Q4_0.gguf", KvCacheType.F32 },
        { "experts", KvCacheType.Q8_0 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Requests_of_a_company_have_the_bits_that_they_have_alone(string model, KvCacheType type)
    {
        using TemporaryFolder folder = new();
        string path = model == "experts" ? Experts(folder) : TestData.Path(model);
        FuzzCounts counts = new();
        RecordedRequest[] Mix() => RequestMix.Create(3, 12, 60, 30);
        RecordedRequest[] mix = Mix(), mixAlone = Mix();
        FuzzCompany company = new(11, maxTokensPerStep: 20, counts);
        EngineOptions options = new() { Device = Guest("OpenCL"), ContextLength = Context, KvCacheType = type, KvBlockSize = 8, KvCacheTokens = Context, MaxTokensPerStep = 20, MaxSequences = 16, StreamCapacity = 4 };
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(path, options))
        {
            await Task.WhenAll([company.RunAsync(engine, caches: true), .. mix.Select(request => request.RunAsync(engine))]);
            await engine.DrainAsync();
            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
            Assert.True(engine.Statistics.Preemptions > 0, "no request was preempted");
        }

        await using InferenceEngine alone = await InferenceEngine.LoadAsync(path, options with { Device = Guest("OpenCL"), MaxSequences = 1, PrefixCaching = false, MaxTokensPerStep = 512 });
        List<string?> differences = [.. company.Differences];
        foreach (FuzzRequest request in company.Requests)
        {
            differences.Add(request.DifferenceFrom(await request.RepeatAsync(alone)));
            counts.Requests++;
        }

        Assert.All(differences, Assert.Null);
        for (int i = 0; i < mix.Length; i++)
        {
            await mixAlone[i].RunAsync(alone);
            RecordedRequest.AssertSame(mixAlone[i], mix[i]);
        }

        Assert.True(Math.Min(Math.Min(counts.Forks, counts.PrefixHits), Math.Min(counts.Chunked, counts.Left)) > 0 && counts.Requests >= 10, $"{counts}");
    }

    [Fact]
    public async Task Requests_together_have_the_bits_that_they_have_alone_in_the_emulation()
    {
        string model = TestData.Path("models/stories260K/stories260K.Q8_0.gguf");
        RecordedRequest[] Mix() => RequestMix.Create(5, 3, 12, 3);
        RecordedRequest[] alone = Mix(), together = Mix();
        EngineOptions options = new() { Device = Guest("Cpu"), ContextLength = 32, KvBlockSize = 8, KvCacheTokens = 40, MaxTokensPerStep = 5, MaxSequences = 4 };
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(model, options))
            await Task.WhenAll(together.Select(request => request.RunAsync(engine)));
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(model, options with { Device = Guest("Cpu"), PrefixCaching = false, MaxSequences = 1, MaxTokensPerStep = 64 }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        for (int i = 0; i < alone.Length; i++)
            RecordedRequest.AssertSame(alone[i], together[i]);
    }

    private DelegatingDevice Guest(string kind) => new(devices.Get(kind)) { IsGuest = true };

    private static string Experts(TemporaryFolder folder)
    {
        PlainShape shape = new("qwen3moe", 64, 2, 4, 2, 32, 48, new(32, 1e6)) { Experts = 8, ChosenExperts = 3 };
        return folder.Write("experts.gguf", new GgufModelFile(shape, RandomModel.Create(shape, 1)).ToBytes());
    }
}

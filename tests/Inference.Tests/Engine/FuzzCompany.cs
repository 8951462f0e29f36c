using System.Collections.Concurrent;

namespace Inference.Tests.Engine;

/// <summary>Callers of every habit at one engine: they read, wait, leave, fork, ask for the same thing twice, and come one after another.</summary>
internal sealed class FuzzCompany(int seed, int maxTokensPerStep, FuzzCounts counts)
{
    private readonly ConcurrentQueue<FuzzRequest> _requests = new();
    private readonly ConcurrentQueue<string> _differences = new();

    /// <summary>All requests that ran, forks included.</summary>
    public IEnumerable<FuzzRequest> Requests => _requests;

    /// <summary>What contradicts itself within the company.</summary>
    public IEnumerable<string> Differences => _differences;

    public async Task RunAsync(InferenceEngine engine, bool caches)
    {
        var random = new Random(seed);
        RecordedRequest[] mix = RequestMix.Create(random.Next(), random.Next(8, 49), random.Next(8, 101), random.Next(2, 41));
        PinnedPrefix? pin = caches && random.Next(3) == 0 ? await TryPinAsync(engine, mix[0].Prompt) : null;
        await Task.WhenAll(Arrange(mix, random).Select(caller => CallAsync(engine, caller)));
        pin?.Dispose();
    }

    /// <summary>Deals the requests to callers that each ask one thing after another.</summary>
    private static (RecordedRequest Request, int Seed)[][] Arrange(RecordedRequest[] mix, Random random)
    {
        (RecordedRequest, int)[] all = [.. mix.Select(request => (request, random.Next()))];
        random.Shuffle(all);
        return [.. all.Chunk(random.Next(1, 4))];
    }

    private async Task CallAsync(InferenceEngine engine, (RecordedRequest Request, int Seed)[] calls)
    {
        foreach ((RecordedRequest request, int own) in calls)
        {
            var random = new Random(own);
            for (int yields = random.Next(20); yields > 0; yields--)
                await Task.Yield();
            GenerationOptions options = request.Options with { LogitsObserver = null };
            await (random.Next(8) switch
            {
                0 or 1 => WaitAsync(engine, request.Prompt, options),
                2 or 3 => ReadAsync(engine, request.Prompt, options, random, int.MaxValue),
                4 => ReadAsync(engine, request.Prompt, options, random, random.Next(12)),
                5 => AskTwiceAsync(engine, request.Prompt, options with { Coalesce = true }),
                _ => ForkAsync(engine, request.Prompt, options, random),
            });
        }
    }

    private async Task WaitAsync(InferenceEngine engine, int[] prompt, GenerationOptions options)
    {
        var request = new FuzzRequest(options);
        await EndsAsync(request, await engine.SubmitAsync(prompt, request.Options));
    }

    private async Task ReadAsync(InferenceEngine engine, int[] prompt, GenerationOptions options, Random random, int tokens)
    {
        var request = new FuzzRequest(options);
        Generation generation = await engine.SubmitAsync(prompt, request.Options);
        await foreach (GeneratedToken _ in generation)
        {
            if (tokens-- == 0)
                break;
            for (int yields = random.Next(3); yields > 0; yields--)
                await Task.Yield();
        }

        await EndsAsync(request, generation);
    }

    /// <summary>The logits of a request may be seen by itself alone: two others without an observer share a computation.</summary>
    private async Task AskTwiceAsync(InferenceEngine engine, int[] prompt, GenerationOptions options)
    {
        var request = new FuzzRequest(options);
        Generation[] equal = [await engine.SubmitAsync(prompt, options), await engine.SubmitAsync(prompt, options)];
        await EndsAsync(request, await engine.SubmitAsync(prompt, request.Options));
        foreach (Generation generation in equal)
        {
            GenerationResult result = await generation.Completion;
            if (!result.Tokens.SequenceEqual(request.Result!.Tokens))
                _differences.Enqueue("an equal request had other tokens");
            if (result.Coalesced)
                Count(() => counts.Joined++);
        }
    }

    /// <summary>Forks a request at once or at some token of it, with the same options or others, and the fork perhaps again; one of them may leave.</summary>
    private async Task ForkAsync(InferenceEngine engine, int[] prompt, GenerationOptions options, Random random)
    {
        var request = new FuzzRequest(options);
        Generation generation = await engine.SubmitAsync(prompt, request.Options);
        var ends = new List<Task>();
        int forkAt = random.Next(-1, 10);
        if (forkAt < 0)
            Fork(generation);
        await foreach (GeneratedToken _ in generation)
        {
            if (forkAt-- == 0)
                Fork(generation);
            if (forkAt < -1 && random.Next(12) == 0)
                break;
        }

        await EndsAsync(request, generation);
        await Task.WhenAll(ends);

        void Fork(Generation origin)
        {
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                GenerationOptions other = random.Next(2) == 0 ? options : options with { Temperature = 0.8f, Seed = (ulong)random.Next(), MaxOutputTokens = random.Next(1, 25), CacheSalt = random.Next(4) == 0 ? "other" : options.CacheSalt };
                var fork = new FuzzRequest(other with { MaxOutputTokens = Math.Min(other.MaxOutputTokens!.Value, 25) });
                Generation branch = origin.Fork(fork.Options);
                Count(() => counts.Forks++);
                ends.Add(EndsAsync(fork, branch));
                if (random.Next(6) == 0)
                    branch.Cancel();
                origin = random.Next(3) == 0 ? branch : origin;
            }
        }
    }

    private async Task<PinnedPrefix?> TryPinAsync(InferenceEngine engine, int[] prompt)
    {
        try
        {
            PinnedPrefix pin = await engine.PinPrefixAsync(prompt);
            Count(() => counts.Pins++);
            return pin;
        }
        catch (CacheCapacityException)
        {
            return null;
        }
    }

    private async Task EndsAsync(FuzzRequest request, Generation generation)
    {
        request.Began(generation);
        await request.EndsAsync(generation);
        _requests.Enqueue(request);
        GenerationUsage usage = request.Result!.Usage;
        Count(() =>
        {
            counts.Left += request.Result.FinishReason == FinishReason.Cancelled ? 1 : 0;
            counts.PrefixHits += usage.CachedInputTokens > 0 ? 1 : 0;
            counts.Chunked += usage.InputTokens - usage.CachedInputTokens > maxTokensPerStep ? 1 : 0;
        });
    }

    private void Count(Action add)
    {
        lock (counts)
            add();
    }
}

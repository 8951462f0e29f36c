using System.Diagnostics;

namespace Inference.Peers;

/// <summary>This library, through its public engine: scheduling, sampling and delivery included.</summary>
internal sealed class OurEngine : IContestant
{
    private readonly InferenceEngine _engine;
    private readonly Random _random = new(1);
    private int[] _held = [];

    private OurEngine(InferenceEngine engine) => _engine = engine;

    public string Name => "Inference";

    public int VocabularySize => _engine.Model.VocabularySize;

    /// <summary>Loads a model.</summary>
    /// <param name="model">The file.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="streams">The most streams.</param>
    /// <param name="contextLength">The most tokens of a stream.</param>
    /// <param name="cacheTokens">Tokens of all streams together.</param>
    public static async Task<OurEngine> LoadAsync(string model, int threads, int streams, int contextLength, int cacheTokens) =>
        new(await InferenceEngine.LoadAsync(model, new EngineOptions { Threads = threads, MaxSequences = streams, ContextLength = contextLength, KvCacheTokens = cacheTokens }));

    public async Task<double> ReadPromptAsync(int[] tokens)
    {
        GenerationResult result = await _engine.Submit(tokens, new() { MaxOutputTokens = 1 }).Completion;
        return tokens.Length / result.Timings.Prefill.TotalSeconds;
    }

    public async Task<double> DecodeAsync(int streams, int context, int steps)
    {
        // A long context is read once: the prefix cache has it, but for its last block, in the rounds that follow.
        if (streams > 1 || _held.Length != context)
            _held = Random(context);
        // Some more steps than are counted, since streams may start one step apart.
        var options = new GenerationOptions { MaxOutputTokens = steps + 1 + (streams > 1 ? 4 : 0), IgnoreEndOfText = true };
        long first = Stopwatch.GetTimestamp();
        List<TimeSpan>[] times = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => Submit(i == 0 ? _held : Random(context))));
        TimeSpan allStarted = times.Max(t => t[0]);
        TimeSpan firstEnded = times.Min(t => t[^1]);
        int decoded = times.Sum(t => t.Count(time => time > allStarted && time <= firstEnded));
        return decoded / (firstEnded - allStarted).TotalSeconds;

        Task<List<TimeSpan>> Submit(int[] prompt)
        {
            TimeSpan submitted = Stopwatch.GetElapsedTime(first);
            return ReadAsync(_engine.Submit(prompt, options), submitted);
        }
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private int[] Random(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(VocabularySize))];

    // The engine's own times, which no late reader changes.
    private static async Task<List<TimeSpan>> ReadAsync(Generation generation, TimeSpan submitted)
    {
        List<TimeSpan> times = [];
        await foreach (GeneratedToken token in generation)
            times.Add(submitted + token.Elapsed);
        return times;
    }
}

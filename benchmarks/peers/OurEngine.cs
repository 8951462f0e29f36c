namespace Inference.Peers;

/// <summary>This library, through its public engine: scheduling, sampling and delivery included.</summary>
internal sealed class OurEngine : IContestant
{
    private readonly InferenceEngine _engine;
    private readonly Random _random = new(1);

    private OurEngine(InferenceEngine engine) => _engine = engine;

    public string Name => "Inference";

    public static async Task<OurEngine> LoadAsync(string model, int threads, int context) =>
        new(await InferenceEngine.LoadAsync(model, new EngineOptions { Threads = threads, ContextLength = context, PrefixCaching = false, KvCacheTokens = Math.Max(context, 32 * 256) }));

    public async Task<double> ReadPromptAsync(int[] tokens)
    {
        GenerationResult result = await _engine.Submit(tokens, new() { MaxOutputTokens = 1 }).Completion;
        return tokens.Length / result.Timings.Prefill.TotalSeconds;
    }

    public async Task<double> DecodeAsync(int streams, int context, int steps)
    {
        var options = new GenerationOptions { MaxOutputTokens = steps + 1, IgnoreEndOfText = true };
        GenerationResult[] results = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ =>
            _engine.Submit(Enumerable.Range(0, context).Select(_ => _random.Next(_engine.Model.VocabularySize)).ToArray(), options).Completion));
        // All prompts fit one step unless they are long, so the streams decode together from the first token to the last.
        return streams * steps / results.Max(r => r.Timings.Decode.TotalSeconds);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}

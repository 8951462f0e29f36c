using Inference.Ceilings;
using Inference.Formats;

namespace Inference.Peers;

/// <summary>Everything that is compared of one model and number of threads.</summary>
internal sealed class Comparison(PeersSettings settings, MemoryReadRate memory, string model, int threads, TextWriter log)
{
    // Streams of a batch start with this many tokens: as good as none.
    private const int FewTokens = 8;
    // Beyond this a prompt takes so long that nothing of it needs to be warmed up.
    private const int LongPrompt = 1024;
    private readonly string _name = Path.GetFileNameWithoutExtension(model);
    private readonly Random _random = new(7);
    private readonly List<Outcome> _outcomes = [];

    public async Task<IReadOnlyList<Outcome>> RunAsync()
    {
        log.WriteLine($"{_name}, {threads} {(threads == 1 ? "thread" : "threads")}");
        var rounds = new Rounds(settings, _name, threads, log);
        long weights = WeightsOfToken();
        // Before the models are loaded here, so that there is memory for both.
        if (settings.Command is { } command)
            _outcomes.AddRange(await new FirstToken(settings.Library, command, model, threads).MeasureAsync(rounds));

        int streams = settings.Streams.DefaultIfEmpty(1).Max();
        int longest = Math.Max(settings.Context, settings.Prompts.DefaultIfEmpty(0).Max()) + settings.Steps + FewTokens;
        int cacheTokens = (longest + streams * (FewTokens + settings.Steps + 8) + 511) / 256 * 256;
        await using OurEngine ours = await OurEngine.LoadAsync(model, threads, streams, Math.Max(longest, 512), cacheTokens);
        await using LlamaCpp theirs = LlamaCpp.Load(settings.Library, model, threads, streams, cacheTokens, ours.VocabularySize);

        foreach (int prompt in settings.Prompts)
        {
            Task<double> ReadAsync(IContestant contestant) => contestant.ReadPromptAsync([.. Enumerable.Range(0, prompt).Select(_ => _random.Next(ours.VocabularySize))]);
            _outcomes.Add(await rounds.MeasureAsync($"prompt of {prompt}", async () => (await ReadAsync(ours), await ReadAsync(theirs)), warmsUp: prompt <= LongPrompt));
        }

        foreach (int count in settings.Streams)
            await DecodeAsync(rounds, ours, theirs, count, FewTokens, count == 1 ? "decode, 1 stream" : $"decode, {count} streams", weights);
        if (settings.Context > 0)
            await DecodeAsync(rounds, ours, theirs, 1, settings.Context, $"decode, 1 stream after {settings.Context}", weights);
        return _outcomes;
    }

    private async Task DecodeAsync(Rounds rounds, OurEngine ours, LlamaCpp theirs, int streams, int context, string work, long weights)
    {
        int steps = streams == 1 ? settings.Steps : Math.Max(2, settings.Steps / 2);
        var rates = new List<double>();
        Outcome outcome = await rounds.MeasureAsync(work, async () =>
        {
            // Between the two sides: what the memory gives changes with the neighbours.
            double our = await ours.DecodeAsync(streams, context, steps);
            if (streams == 1)
                rates.Add(memory.Measure(threads));
            return (our, await theirs.DecodeAsync(streams, context, steps));
        });
        if (rates.Count > 0)
        {
            double rate = Outcome.Median(rates);
            outcome = outcome with { ReadGigabytes = rate / 1e9, OurShare = outcome.Ours * weights / rate, TheirShare = outcome.Theirs * weights / rate };
        }

        _outcomes.Add(outcome);
    }

    /// <summary>Bytes of weights that a token reads: everything but the rows of an embedding that is not the head as well.</summary>
    private long WeightsOfToken()
    {
        using GgufFile file = GgufFile.Open(model);
        bool tied = !file.Tensors.ContainsKey("output.weight");
        return file.Tensors.Values.Where(tensor => tied || tensor.Name != "token_embd.weight").Sum(tensor => tensor.ByteLength);
    }
}

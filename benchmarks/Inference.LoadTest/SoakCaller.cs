namespace Inference.LoadTest;

/// <summary>A caller that sends one random request after the other: long and short, with common beginnings, some left half-way.</summary>
internal sealed class SoakCaller(InferenceEngine engine, int seed)
{
    private readonly Random _random = new(seed);
    private long _ended;
    private long _cancelled;

    /// <summary>Requests that gave all their tokens.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    /// <summary>Requests that the caller left.</summary>
    public long Cancelled => Interlocked.Read(ref _cancelled);

    /// <exception cref="InvalidOperationException">A request ended otherwise than it should have.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            int output = _random.Next(1, 100), leaveAfter = _random.Next(10) == 0 ? _random.Next(output) : int.MaxValue;
            GenerationOptions options = new()
            {
                MaxOutputTokens = output,
                IgnoreEndOfText = true,
                Temperature = _random.Next(2),
                Priority = _random.Next(3),
                TenantId = _random.Next(3) == 0 ? "flood" : "quiet",
            };
            int received = 0;
            await using IAsyncEnumerator<GeneratedToken> tokens = (await engine.SubmitAsync(Prompt(), options, CancellationToken.None)).GetAsyncEnumerator(CancellationToken.None);
            while (received < leaveAfter && !stop.IsCancellationRequested && await tokens.MoveNextAsync())
                received++;
            if (received == output)
                Interlocked.Increment(ref _ended);
            else if (received < leaveAfter && !stop.IsCancellationRequested)
                throw new InvalidOperationException($"A request for {output} tokens ended after {received}.");
            else
                Interlocked.Increment(ref _cancelled);
        }
    }

    private int[] Prompt()
    {
        int[] prompt = new int[_random.Next(1, 300)];
        // One in four begins like others do.
        Random source = _random.Next(4) == 0 ? new Random(_random.Next(4)) : _random;
        for (int i = 0; i < prompt.Length; i++)
            prompt[i] = source.Next(engine.Tokenizer.VocabularySize);
        return prompt;
    }
}

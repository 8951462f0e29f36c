namespace Inference.Simulation.Workloads;

/// <summary>One request of a trace.</summary>
/// <param name="Arrival">Nanoseconds since the trace began.</param>
/// <param name="PromptTokens">At least 1.</param>
/// <param name="OutputTokens">At least 1.</param>
internal sealed record TraceRequest(long Arrival, int PromptTokens, int OutputTokens)
{
    public const int TokensPerPrefix = 512;

    /// <summary>For each <see cref="TokensPerPrefix"/> tokens of the prompt, the last perhaps fewer, the name of the text up to there, 0 or more. Empty: like no other prompt.</summary>
    public IReadOnlyList<int> PrefixIds { get; init; } = [];

    public string? Tenant { get; init; }

    public int Priority { get; init; }

    /// <summary>Writes token ids that agree with another prompt's exactly as far as the prefix ids do.</summary>
    /// <param name="tokens"><see cref="PromptTokens"/> elements.</param>
    /// <param name="serial">Different for each request.</param>
    public void WritePrompt(Span<int> tokens, int serial)
    {
        if (PrefixIds.Count == 0)
        {
            tokens.Clear();
            // Blocks are named by all that comes before them, so one token suffices.
            tokens[0] = OutputToken(serial);
            return;
        }

        for (int i = 0; i < PrefixIds.Count; i++)
        {
            int end = Math.Min((i + 1) * TokensPerPrefix, tokens.Length);
            tokens[(i * TokensPerPrefix)..end].Fill(PrefixIds[i]);
        }
    }

    /// <summary>What the request generates: negative, as no token of a prompt with prefix ids is.</summary>
    public static int OutputToken(int serial) => ~serial;
}

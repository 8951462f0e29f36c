namespace Inference;

/// <summary>A generation that has ended, whole.</summary>
/// <param name="Text">The output text, without any stop sequence.</param>
/// <param name="Tokens">The generated token ids, an end-of-text token included.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Usage">Token counts.</param>
/// <param name="Timings">Where the time went.</param>
/// <param name="Seed">The seed of its random numbers: give it to <see cref="GenerationOptions.Seed"/> to get the same tokens again.</param>
public sealed record GenerationResult(string Text, IReadOnlyList<int> Tokens, FinishReason FinishReason, GenerationUsage Usage, GenerationTimings Timings, ulong Seed)
{
    /// <summary>The stop sequence that ended it, if one did.</summary>
    public string? StopSequence { get; init; }

    /// <summary>The messages that the request's <see cref="ContextPolicy"/> left out of the prompt, oldest first.</summary>
    public IReadOnlyList<Message> DroppedMessages { get; init; } = [];

    /// <summary>Whether its tokens were computed for an equal request that had come before (<see cref="GenerationOptions.Coalesce"/>).</summary>
    public bool Coalesced { get; init; }
}

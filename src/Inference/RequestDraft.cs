namespace Inference;

/// <summary>What a request is to be made of.</summary>
/// <param name="Tokens">The prompt; not changed any more.</param>
/// <param name="Options">Validated but for what the sampler checks.</param>
internal sealed record RequestDraft(int[] Tokens, GenerationOptions Options)
{
    /// <summary>Messages that were left out of the prompt.</summary>
    public IReadOnlyList<Message> Dropped { get; init; } = [];

    /// <summary>A computation whose tokens the prompt begins with, all of them: those of its own prompt, or more.</summary>
    public RequestState? Origin { get; init; }

    /// <summary>Whether the prompt's blocks are to stay, and nothing is to be generated.</summary>
    public bool Pins { get; init; }
}

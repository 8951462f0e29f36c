using Inference.Dialects;
using Inference.Tokenization;

namespace Inference;

/// <summary>All that decides how the tokens of one answer are read. Immutable: each reading of it gives the same.</summary>
/// <param name="Tokenizer">The model's.</param>
/// <param name="Dialect">How it marks things.</param>
/// <param name="Tools">What it may call.</param>
/// <param name="Options">How it generates.</param>
/// <param name="Prompt">What it answers.</param>
internal sealed record AnswerContext(Tokenizer Tokenizer, Dialect Dialect, ToolCatalog Tools, GenerationOptions Options, int[] Prompt)
{
    /// <summary>How the prompt begins the answer.</summary>
    public required AnswerBeginning Beginning { get; init; }

    /// <summary>From which the ids of calls are drawn.</summary>
    public required ulong IdKey { get; init; }

    /// <summary>Ids of calls in the conversation so far.</summary>
    public required IReadOnlyList<string> UsedIds { get; init; }
}

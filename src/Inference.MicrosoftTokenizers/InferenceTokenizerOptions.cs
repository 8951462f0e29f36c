using Inference.Tokenization;

namespace Inference.MicrosoftTokenizers;

/// <summary>What a tokenizer of Microsoft.ML.Tokenizers does not say of itself, and an engine needs to know.</summary>
/// <remarks>What is null is taken from <see cref="Model"/>, and without it from what the tokenizer says.</remarks>
public sealed record InferenceTokenizerOptions
{
    /// <summary>The model's own tokenizer, where it can be read: its marks, which of its tokens are control tokens, and its chat templates are taken over.</summary>
    public Tokenizer? Model { get; init; }

    /// <summary>One more than the highest id. Needed where neither <see cref="Model"/> nor the type of the tokenizer tells: the types of Microsoft.ML.Tokenizers all do.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>Control tokens by their spelling, besides those that the tokenizer lists.</summary>
    public IReadOnlyDictionary<string, int> ControlTokens { get; init; } = new Dictionary<string, int>();

    /// <summary>The token that starts a text.</summary>
    public int? BeginOfText { get; init; }

    /// <summary>The token that ends a text.</summary>
    public int? EndOfText { get; init; }

    /// <summary>Whether encoding puts <see cref="BeginOfText"/> before a prompt that is a text.</summary>
    public bool? AddsBeginOfText { get; init; }

    /// <summary>Whether encoding puts <see cref="EndOfText"/> behind a prompt that is a text.</summary>
    public bool? AddsEndOfText { get; init; }

    /// <summary>The Jinja template that turns messages into a prompt.</summary>
    public string? ChatTemplate { get; init; }
}

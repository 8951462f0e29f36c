namespace Inference.Tokenization;

/// <summary>What a tokenizer is made of whose encoding comes from elsewhere: <see cref="Tokenizer.Create"/>.</summary>
public sealed record TokenizerDefinition
{
    /// <summary>Encodes the text between control tokens.</summary>
    public required TextEncoder Encoder { get; init; }

    /// <summary>The tokens, by id.</summary>
    public required IReadOnlyList<TokenDefinition> Tokens { get; init; }

    /// <summary>The token that starts a text, or null.</summary>
    public int? BeginOfText { get; init; }

    /// <summary>The token that ends a text, or null.</summary>
    public int? EndOfText { get; init; }

    /// <summary>Tokens after which nothing more is generated, besides <see cref="EndOfText"/> and control tokens with a spelling that is known to mean an end.</summary>
    public IReadOnlyCollection<int> EndOfGeneration { get; init; } = [];

    /// <summary>Whether encoding puts <see cref="BeginOfText"/> in front when asked to add special tokens.</summary>
    public bool AddsBeginOfText { get; init; }

    /// <summary>Whether encoding puts <see cref="EndOfText"/> behind when asked to add special tokens.</summary>
    public bool AddsEndOfText { get; init; }

    /// <summary>Whether a space that begins a whole text's tokens is no part of the text, since the encoder puts it there.</summary>
    public bool DropsFirstSpace { get; init; }

    /// <summary>Whether a space that ends a whole text's tokens is no part of the text.</summary>
    public bool DropsLastSpace { get; init; }

    /// <summary>The Jinja template that turns messages into a prompt, or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The template for conversations with tools, or null where <see cref="ChatTemplate"/> is for these too.</summary>
    public string? ToolChatTemplate { get; init; }
}

namespace Inference.MicrosoftTokenizers;

/// <summary>How a tokenizer of this library behaves as one of Microsoft.ML.Tokenizers, whose members do not ask.</summary>
public sealed record MicrosoftTokenizerOptions
{
    /// <summary>Whether encoding and counting add the tokens that the model expects around a text, such as the one that begins it.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>Whether control tokens spelled out in a text become those tokens. Leave it off for text from outside.</summary>
    public bool ParseSpecialTokens { get; init; }

    /// <summary>Whether control tokens appear in decoded text in their own spelling, rather than not at all.</summary>
    public bool DecodeSpecialTokens { get; init; }
}

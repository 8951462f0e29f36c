namespace Inference.Tokenization;

/// <summary>What a token of a <see cref="TokenizerDefinition"/> is.</summary>
public enum TokenRole
{
    /// <summary>A piece of text.</summary>
    Text,

    /// <summary>A mark for the model, such as the end of a turn. It has no text, and no text but a chat template's becomes it.</summary>
    Control,

    /// <summary>Stands for text that the vocabulary cannot spell.</summary>
    Unknown,
}

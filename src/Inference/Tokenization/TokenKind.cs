namespace Inference.Tokenization;

/// <summary>What a token of a vocabulary is; the numbers are those of GGUF's token types.</summary>
internal enum TokenKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for text that the vocabulary cannot spell.</summary>
    Unknown = 2,

    /// <summary>A mark for the model (begin of text, end of turn), never text.</summary>
    Control = 3,

    /// <summary>A piece of text that is found before any merging, wherever it stands.</summary>
    UserDefined = 4,

    /// <summary>A piece of text that training never used.</summary>
    Unused = 5,

    /// <summary>One byte, spelled &lt;0xXX&gt;.</summary>
    Byte = 6,
}

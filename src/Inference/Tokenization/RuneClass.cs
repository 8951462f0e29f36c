namespace Inference.Tokenization;

/// <summary>The classes of characters that pre-tokenizers tell apart.</summary>
internal enum RuneClass : byte
{
    /// <summary>None of the others: punctuation, symbols, marks, bytes that are no UTF-8.</summary>
    Other,

    /// <summary>Unicode general category L.</summary>
    Letter,

    /// <summary>Unicode general category N.</summary>
    Number,

    /// <summary>Unicode property White_Space.</summary>
    Space,
}

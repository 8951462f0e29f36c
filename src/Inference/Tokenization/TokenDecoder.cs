using System.Text;

namespace Inference.Tokenization;

/// <summary>How the spelling of a token turns into the bytes it contributes to a text.</summary>
/// <param name="ByteLevel">Spellings are in the byte-level alphabet; the other rules do not apply.</param>
/// <param name="ByteTokens">Tokens spelled &lt;0xXX&gt; are bytes, whatever their kind says.</param>
/// <param name="Replacements">What to replace in a spelling, in order; for SentencePiece U+2581 by a space.</param>
/// <param name="LeadingSpaceIsPrefix">One space at the very start of a text is taken off.</param>
internal sealed record TokenDecoder(
    bool ByteLevel,
    bool ByteTokens,
    IReadOnlyList<(string From, string To)> Replacements,
    bool LeadingSpaceIsPrefix)
{
    /// <summary>The bytes of a token in mid-text; none for those that are not text.</summary>
    public byte[] Bytes(string text, TokenKind kind)
    {
        if (kind is TokenKind.Control or TokenKind.Unknown)
            return [];
        if ((ByteTokens || kind == TokenKind.Byte) && ByteToken.TryParse(text, out byte value))
            return [value];
        if (kind == TokenKind.UserDefined)
            return Encoding.UTF8.GetBytes(text);
        if (ByteLevel)
            return ByteLevelAlphabet.Bytes(text);

        foreach ((string from, string to) in Replacements)
            text = text.Replace(from, to, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text);
    }
}

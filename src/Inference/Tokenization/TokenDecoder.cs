using System.Buffers;

namespace Inference.Tokenization;

/// <summary>How the spelling of a token turns into the bytes it contributes to a text.</summary>
/// <param name="ByteLevel">Spellings are in the byte-level alphabet; the other rules do not apply.</param>
/// <param name="ByteTokens">Tokens spelled &lt;0xXX&gt; are bytes, whatever their kind says.</param>
/// <param name="Replacements">What to replace in a spelling, in order; for SentencePiece U+2581 by a space.</param>
/// <param name="LeadingSpaceIsPrefix">One space at the very start of a text is taken off.</param>
internal sealed record TokenDecoder(
    bool ByteLevel,
    bool ByteTokens,
    IReadOnlyList<(byte[] From, byte[] To)> Replacements,
    bool LeadingSpaceIsPrefix)
{
    /// <summary>Writes the bytes of a token in mid-text; none for those that are not text.</summary>
    /// <param name="spelling">The vocabulary's own spelling of the token.</param>
    /// <param name="kind">What the token is.</param>
    /// <param name="destination">Receives them.</param>
    public void Write(ReadOnlySpan<byte> spelling, TokenKind kind, IBufferWriter<byte> destination)
    {
        if (kind is TokenKind.Control or TokenKind.Unknown)
            return;
        if ((ByteTokens || kind == TokenKind.Byte) && ByteToken.TryParse(spelling, out byte value))
            destination.Write([value]);
        else if (kind == TokenKind.UserDefined)
            destination.Write(spelling);
        else if (ByteLevel)
            ByteLevelAlphabet.Write(spelling, destination);
        else
            WriteReplaced(spelling, destination);
    }

    private void WriteReplaced(ReadOnlySpan<byte> spelling, IBufferWriter<byte> destination)
    {
        foreach ((byte[] from, byte[] to) in Replacements)
        {
            if (spelling.IndexOf(from) < 0)
                continue;
            var replaced = new ArrayBufferWriter<byte>(spelling.Length + to.Length);
            new ReplaceNormalizer(from, to).Apply(spelling, isStart: false, replaced);
            spelling = replaced.WrittenSpan;
        }

        destination.Write(spelling);
    }
}

using System.Buffers;

namespace Inference.Tokenization;

/// <summary>How the spellings of tokens turn into text. Immutable.</summary>
/// <param name="Steps">What happens to each spelling, in order.</param>
internal sealed record TokenDecoder(params DecoderStep[] Steps)
{
    // One step alone does not make a text longer than this.
    private const int MaxGrowth = 64;

    /// <summary>The file, for errors.</summary>
    public string Path { get; init; } = "";

    /// <summary>What is taken off the very start of a text: <see cref="LeadingCount"/> times at most.</summary>
    public byte[] Leading { get; init; } = [(byte)' '];

    /// <summary>How often <see cref="Leading"/> is taken off; 0 for not at all.</summary>
    public int LeadingCount { get; init; }

    /// <summary>Whether a space that ends the last token of a text is no part of it.</summary>
    public bool DropsLastSpace { get; init; }

    /// <summary>Whether a token that repeats the one before it has no text.</summary>
    public bool DropsRepeats { get; init; }

    /// <summary>Whether added tokens go through the steps too, rather than being text as they are.</summary>
    public bool RewritesAdded { get; init; }

    /// <summary>Writes the bytes of a token in mid-text; none for those that are not text.</summary>
    /// <param name="spelling">The vocabulary's own spelling of the token.</param>
    /// <param name="kind">What the token is.</param>
    /// <param name="destination">Receives them.</param>
    public void Write(ReadOnlySpan<byte> spelling, TokenKind kind, IBufferWriter<byte> destination)
    {
        if (kind is TokenKind.Control or TokenKind.Unknown)
            return;
        if (kind == TokenKind.Byte && ByteToken.TryParse(spelling, out byte value))
        {
            destination.Write([value]);
        }
        else if (Steps.Length == 0 || (kind == TokenKind.UserDefined && !RewritesAdded))
        {
            destination.Write(spelling);
        }
        else
        {
            int limit = (int)Math.Min((MaxGrowth * (long)spelling.Length) + 256, Array.MaxLength);
            foreach (DecoderStep step in Steps.AsSpan(0, Steps.Length > 1 ? Steps.Length : 0))
            {
                var written = new TextBuffer(Path, limit);
                step.Write(spelling, written);
                spelling = written.WrittenSpan;
            }

            if (Steps.Length == 1)
                Steps[0].Write(spelling, destination);
            else
                destination.Write(spelling);
        }
    }
}

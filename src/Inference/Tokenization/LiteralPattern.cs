namespace Inference.Tokenization;

/// <summary>Finds a fixed byte string.</summary>
/// <param name="literal">Not empty.</param>
internal sealed class LiteralPattern(byte[] literal) : TextPattern
{
    public override void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches)
    {
        int start = 0;
        while (true)
        {
            int found = text[start..].IndexOf(literal);
            if (found < 0)
                return;
            matches.Add(new TextPiece(start + found, literal.Length));
            start += found + literal.Length;
        }
    }
}

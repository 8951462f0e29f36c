namespace Inference.Tokenization;

/// <summary>Replaces the matches of a pattern by a text.</summary>
/// <param name="pattern">What to find.</param>
/// <param name="replacement">What to write instead.</param>
internal sealed class PatternNormalizer(TextPattern pattern, byte[] replacement) : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        List<TextPiece> matches = [];
        pattern.FindAll(text, matches);
        int start = 0;
        foreach (TextPiece match in matches)
        {
            output.Write(text[start..match.Start]);
            output.Write(replacement);
            start = match.Start + match.Length;
        }

        output.Write(text[start..]);
    }
}

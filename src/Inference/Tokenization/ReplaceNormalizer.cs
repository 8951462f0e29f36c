namespace Inference.Tokenization;

/// <summary>Replaces a fixed text by another wherever it stands.</summary>
/// <param name="pattern">What to find; not empty.</param>
/// <param name="replacement">What to write instead.</param>
internal sealed class ReplaceNormalizer(byte[] pattern, byte[] replacement) : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        while (true)
        {
            int found = text.IndexOf(pattern);
            if (found < 0)
                break;
            output.Write(text[..found]);
            output.Write(replacement);
            text = text[(found + pattern.Length)..];
        }

        output.Write(text);
    }
}

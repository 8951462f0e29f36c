namespace Inference.Tokenization;

/// <summary>Puts a fixed text in front.</summary>
/// <param name="prefix">What to put.</param>
/// <param name="unlessPresent">Not where the text starts with it already.</param>
/// <param name="onlyAtStart">Not behind an added token.</param>
internal sealed class PrefixNormalizer(byte[] prefix, bool unlessPresent = false, bool onlyAtStart = false) : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        if (!(onlyAtStart && !isStart) && !(unlessPresent && text.StartsWith(prefix)))
            output.Write(prefix);
        output.Write(text);
    }
}

using System.Buffers;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Takes white space off the ends.</summary>
/// <param name="left">Whether off the start.</param>
/// <param name="right">Whether off the end.</param>
internal sealed class TrimNormalizer(bool left, bool right) : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        if (left)
            text = text[RuneClasses.EndOfRun(text, 0, RuneClass.Space)..];
        while (right && Rune.DecodeLastFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(rune))
            text = text[..^length];
        output.Write(text);
    }
}

using System.Text;

namespace Inference.Tokenization;

/// <summary>Writes bytes as the characters that stand for them in byte-level vocabularies.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    private static readonly byte[][] _characters =
        [.. Enumerable.Range(0, 256).Select(value => Encoding.UTF8.GetBytes(ByteLevelAlphabet.Character((byte)value).ToString()))];

    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        foreach (byte value in text)
            output.Write(_characters[value]);
    }
}

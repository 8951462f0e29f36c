using System.Buffers;
using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Base of normalisers that rewrite each character by itself.</summary>
internal abstract class RuneNormalizer : Normalizer
{
    public sealed override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        while (!text.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done;
            if (valid)
                Write(rune, text[..length], output);
            else
                output.Write(text[..length]);
            text = text[length..];
        }
    }

    /// <summary>Writes what becomes of a character.</summary>
    /// <param name="rune">The character.</param>
    /// <param name="utf8">Its bytes.</param>
    /// <param name="output">Receives the result.</param>
    protected abstract void Write(Rune rune, ReadOnlySpan<byte> utf8, TextBuffer output);

    /// <summary>Whether the character is a combining mark.</summary>
    protected static bool IsMark(Rune rune)
        => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}

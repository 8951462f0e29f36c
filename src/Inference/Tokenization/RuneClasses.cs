using System.Buffers;
using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads characters from UTF-8 and classes them.</summary>
internal static class RuneClasses
{
    private static readonly RuneClass[] _ascii = [.. Enumerable.Range(0, 128).Select(i => Of(new Rune(i)))];

    /// <summary>The class of the character at a position, and its length in bytes; a byte that starts no character is <see cref="RuneClass.Other"/>.</summary>
    public static RuneClass At(ReadOnlySpan<byte> text, int position, out int length)
    {
        byte first = text[position];
        if (first < 128)
        {
            length = 1;
            return _ascii[first];
        }

        return Rune.DecodeFromUtf8(text[position..], out Rune rune, out length) == OperationStatus.Done ? Of(rune) : RuneClass.Other;
    }

    /// <summary>Where the run of characters of one class that starts at a position ends.</summary>
    public static int EndOfRun(ReadOnlySpan<byte> text, int position, RuneClass wanted)
    {
        while (position < text.Length && At(text, position, out int length) == wanted)
            position += length;
        return position;
    }

    private static RuneClass Of(Rune rune)
    {
        if (Rune.IsWhiteSpace(rune))
            return RuneClass.Space;

        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => RuneClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => RuneClass.Number,
            _ => RuneClass.Other,
        };
    }
}

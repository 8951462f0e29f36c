using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Finds single characters by a property.</summary>
/// <param name="matches">The property; bytes that are no UTF-8 are asked for as U+FFFD.</param>
internal sealed class RunePattern(Func<Rune, bool> matches) : TextPattern
{
    /// <summary>Unicode general category N.</summary>
    public static readonly RunePattern Numbers = new(rune => Rune.IsNumber(rune));

    /// <summary>Unicode property White_Space.</summary>
    public static readonly RunePattern Spaces = new(rune => Rune.IsWhiteSpace(rune));

    /// <summary>Unicode general category P, and all of ASCII that is neither letter, digit, space nor control.</summary>
    public static readonly RunePattern Punctuation = new(rune =>
        Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol));

    private readonly Func<Rune, bool> _matches = matches;

    public override void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches)
    {
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf8(text[i..], out Rune rune, out int length);
            if (_matches(rune))
                matches.Add(new TextPiece(i, length));
            i += length;
        }
    }
}

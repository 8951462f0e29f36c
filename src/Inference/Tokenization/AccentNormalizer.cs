using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Takes accents off letters: form D without its non-spacing marks.</summary>
internal sealed class AccentNormalizer : RuneNormalizer
{
    /// <summary>The steps.</summary>
    public static IReadOnlyList<Normalizer> Steps { get; } = [new UnicodeNormalizer(composes: false, compatibility: false), new AccentNormalizer()];

    protected override void Write(Rune rune, ReadOnlySpan<byte> utf8, TextBuffer output)
    {
        if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            output.Write(utf8);
    }
}

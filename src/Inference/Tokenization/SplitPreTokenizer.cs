using System.Runtime.InteropServices;

namespace Inference.Tokenization;

/// <summary>Splits at the matches of a pattern.</summary>
/// <param name="pattern">What to split at.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="invert">Whether what lies between the matches counts as the matches.</param>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    // Taken while in use: most pieces are words, for which a list each would be dear.
    [ThreadStatic]
    private static List<TextPiece>? _spare;

    public override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        List<TextPiece> matches = _spare ?? [];
        _spare = null;
        pattern.FindAll(text, matches);

        int firstPiece = pieces.Count;
        bool lastMatched = false;
        int start = 0;
        foreach (TextPiece match in matches)
        {
            Add(start, match.Start - start, matched: invert);
            Add(match.Start, match.Length, matched: !invert);
            start = match.Start + match.Length;
        }

        Add(start, text.Length - start, matched: invert);
        matches.Clear();
        if (matches.Capacity <= 4096)
            _spare = matches;

        void Add(int at, int length, bool matched)
        {
            if (length == 0 || (matched && behavior == SplitBehavior.Removed))
                return;

            bool joins = pieces.Count > firstPiece && behavior switch
            {
                SplitBehavior.Contiguous => matched == lastMatched,
                SplitBehavior.MergedWithPrevious => matched && !lastMatched,
                SplitBehavior.MergedWithNext => !matched && lastMatched,
                _ => false,
            };
            lastMatched = matched;
            if (joins)
            {
                ref TextPiece last = ref CollectionsMarshal.AsSpan(pieces)[^1];
                last = last with { Length = last.Length + length };
            }
            else
            {
                pieces.Add(new TextPiece(offset + at, length));
            }
        }
    }
}

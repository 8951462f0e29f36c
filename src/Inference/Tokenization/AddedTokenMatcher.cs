using System.Buffers;
using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Finds added tokens in a text: the leftmost, and the longest of those. Immutable.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<long, int> _children = [];
    private readonly Dictionary<int, AddedToken> _special = [];
    private readonly Dictionary<int, AddedToken> _plain = [];
    private readonly SearchValues<byte> _firstBytes;

    /// <summary>Builds the matcher; the first of equal texts counts.</summary>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        int nodes = 1;
        HashSet<byte> firstBytes = [];
        foreach (AddedToken token in tokens)
        {
            byte[] text = Encoding.UTF8.GetBytes(token.Text);
            firstBytes.Add(text[0]);
            int node = 0;
            foreach (byte value in text)
            {
                if (!_children.TryGetValue(((long)node << 8) | value, out int child))
                    _children[((long)node << 8) | value] = child = nodes++;
                node = child;
            }

            (token.IsSpecial ? _special : _plain).TryAdd(node, token);
        }

        _firstBytes = SearchValues.Create([.. firstBytes]);
    }

    /// <summary>Finds the next added token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to look from; what is before belongs to another token.</param>
    /// <param name="parsing">Where special tokens may be found, whole: in order, none touching another; those that are passed are taken off.</param>
    /// <param name="match">Where it is, the white space that belongs to it included.</param>
    /// <returns>Its id, or -1 where there is none.</returns>
    public int Next(ReadOnlySpan<byte> text, int from, ref ReadOnlySpan<TextPiece> parsing, out TextPiece match)
    {
        for (int i = from; i < text.Length;)
        {
            int skipped = text[i..].IndexOfAny(_firstBytes);
            if (skipped < 0)
                break;
            i += skipped;
            while (!parsing.IsEmpty && parsing[0].Start + parsing[0].Length <= i)
                parsing = parsing[1..];
            int specialEnd = !parsing.IsEmpty && parsing[0].Start <= i ? parsing[0].Start + parsing[0].Length : i;
            AddedToken? token = Longest(text, i, specialEnd, out int end);
            if (token is null)
            {
                i++;
                continue;
            }

            if (token.SingleWord && (EndsWithWord(text[..i]) || StartsWithWord(text[end..])))
            {
                i = end;
                continue;
            }

            int start = token.StripLeft ? from + LengthWithoutSpaces(text[from..i]) : i;
            if (token.StripRight)
                end = RuneClasses.EndOfRun(text, end, RuneClass.Space);
            match = new TextPiece(start, end - start);
            return token.Id;
        }

        match = default;
        return -1;
    }

    private AddedToken? Longest(ReadOnlySpan<byte> text, int start, int specialEnd, out int end)
    {
        AddedToken? longest = null;
        end = start;
        int node = 0;
        for (int i = start; i < text.Length && _children.TryGetValue(((long)node << 8) | text[i], out node); i++)
        {
            if ((i < specialEnd && _special.TryGetValue(node, out AddedToken? token)) || _plain.TryGetValue(node, out token))
            {
                longest = token;
                end = i + 1;
            }
        }

        return longest;
    }

    private static int LengthWithoutSpaces(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            Rune.DecodeLastFromUtf8(text, out Rune rune, out int length);
            if (!Rune.IsWhiteSpace(rune))
                break;
            text = text[..^length];
        }

        return text.Length;
    }

    private static bool EndsWithWord(ReadOnlySpan<byte> text)
    {
        Rune.DecodeLastFromUtf8(text, out Rune rune, out _);
        return !text.IsEmpty && IsWord(rune);
    }

    private static bool StartsWithWord(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out Rune rune, out _);
        return !text.IsEmpty && IsWord(rune);
    }

    private static bool IsWord(Rune rune)
        => Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}

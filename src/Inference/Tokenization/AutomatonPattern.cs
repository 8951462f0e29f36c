using System.Text;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Finds the matches of a regular expression by a table: one look-up for each character. Safe for many threads.</summary>
/// <remarks>
/// A match is what a backtracking matcher would find: the leftmost, and of those that start there the one of the first alternative.
/// A character that no match starts at costs no more than reading on until that is certain.
/// </remarks>
internal sealed class AutomatonPattern : TextPattern
{
    // Reading on beyond a match this far is worth remembering.
    private const int NotableDistance = 16;

    private readonly string _path;
    private readonly string _field;
    private readonly string _pattern;
    private readonly RuneClassifier _classes;
    private readonly byte[] _ascii;
    private readonly int[] _table;
    private readonly int _columns;

    private AutomatonPattern(string path, string field, string pattern, RuneClassifier classes, int[] table)
    {
        _path = path;
        _field = field;
        _pattern = pattern;
        _classes = classes;
        _ascii = classes.Ascii.ToArray();
        _table = table;
        _columns = classes.Count + 1;
    }

    /// <summary>Compiles a pattern.</summary>
    /// <param name="path">The file it is in, for errors.</param>
    /// <param name="field">Where in the file, for errors.</param>
    /// <param name="pattern">The expression.</param>
    /// <returns>Null for one that can match nothing, that is malformed, or that needs more than an automaton.</returns>
    public static AutomatonPattern? TryCompile(string path, string field, string pattern)
        => PatternParser.Parse(pattern) is { IsNullable: false } node
            && PatternProgram.TryCreate(node) is PatternProgram program
            && RuneClassifier.TryCreate(program.Sets) is RuneClassifier classes
            && AutomatonTable.TryCreate(program, classes) is int[] table
                ? new AutomatonPattern(path, field, pattern, classes, table)
                : null;

    public override void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches) => FindAll(text, matches, out _);

    /// <summary>Adds the matches, and tells how many characters were looked at: what must not grow faster than the text.</summary>
    internal void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches, out long steps)
    {
        int[]? passed = null;
        long all = 64L * (text.Length + 4096);
        long budget = all;
        for (int start = 0; start < text.Length;)
        {
            int end = EndOfMatch(text, start, ref passed, ref budget);
            if (end > start)
            {
                matches.Add(new TextPiece(start, end - start));
                start = end;
            }
            else
            {
                Rune.DecodeFromUtf8(text[start..], out _, out int length);
                start += length;
            }
        }

        steps = all - budget;
    }

    /// <summary>Where the match that starts at a position ends; -1 where there is none.</summary>
    private int EndOfMatch(ReadOnlySpan<byte> text, int start, ref int[]? passed, ref long budget)
    {
        int state = AutomatonTable.Start;
        int end = -1;
        int position = start;
        int notable = start + NotableDistance;
        while (true)
        {
            int column = _columns - 1;
            int length = 0;
            if (position < text.Length)
            {
                byte first = text[position];
                if (first < 128)
                {
                    column = _ascii[first];
                    length = 1;
                }
                else
                {
                    column = _classes.Of(text[position..], out length);
                }
            }

            int entry = _table[(state * _columns) + column];
            if ((entry & 1) != 0)
            {
                end = position;
                notable = end + NotableDistance;
            }

            state = entry >> 1;
            if (state == AutomatonTable.Dead)
                break;
            position += length;
            if (position <= notable)
                continue;

            // An earlier match attempt that came by here in the same state found no end behind this place: nor will this one.
            passed ??= new int[text.Length + 1];
            if (passed[position] == state)
                break;
            passed[position] = state;
        }

        budget -= position - start;
        if (budget < 0)
            throw new ModelFormatException(_path, _field, -1, $"the pattern {_pattern} takes too long to match a text of {text.Length} bytes");
        return end;
    }
}

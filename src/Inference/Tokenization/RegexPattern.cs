using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Finds the matches of a regular expression that has no hand-written counterpart.</summary>
/// <remarks>
/// .NET's expressions see UTF-16 units, so a character beyond the basic plane is shown to them as a stand-in of its own
/// general category: <c>\p{L}</c> then matches it whole. The time is bounded, since pattern and text may both be hostile.
/// </remarks>
internal sealed class RegexPattern : TextPattern
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _limitPerByte = TimeSpan.FromMicroseconds(20);

    // One rarely used character of the basic plane for each UnicodeCategory, in its order.
    private const string StandIns =
        "\u0193\u018D\u01C5\u02E4\u01BB\u1DC4\u0903\u0488\u07C0\u16EE\u09F4\u2000\u2028\u2029\u0080\u2061\uE000\uE000\u203F\u058A\u0F3A\u0F3B\u2E02\u2E03\u055A\u2213\u09F2\u02E5\uA828\u0378";

    private readonly string _path;
    private readonly string _field;
    private readonly Regex _regex;

    /// <summary>Compiles the pattern.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="field">Where in the file, for errors.</param>
    /// <param name="pattern">The expression.</param>
    /// <exception cref="ModelFormatException">.NET cannot express the pattern.</exception>
    public RegexPattern(string path, string field, string pattern)
    {
        _path = path;
        _field = field;
        // Character class intersection and characters beyond the basic plane would silently mean something else.
        if (pattern.Contains("&&", StringComparison.Ordinal) || pattern.Any(char.IsSurrogate))
            throw new ModelFormatException(path, field, -1, $"the pattern {pattern} is not supported");
        try
        {
            _regex = new Regex(pattern, RegexOptions.CultureInvariant, _limit);
        }
        catch (ArgumentException e)
        {
            throw new ModelFormatException(path, field, -1, $"the pattern {pattern} is not supported: {e.Message}", e);
        }
    }

    public override void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches)
    {
        char[] characters = ArrayPool<char>.Shared.Rent(text.Length);
        int[] offsets = ArrayPool<int>.Shared.Rent(text.Length + 1);
        try
        {
            int count = 0;
            for (int i = 0; i < text.Length; count++)
            {
                Rune.DecodeFromUtf8(text[i..], out Rune rune, out int length);
                characters[count] = rune.IsBmp ? (char)rune.Value : StandIns[(int)Rune.GetUnicodeCategory(rune)];
                offsets[count] = i;
                i += length;
            }

            offsets[count] = text.Length;
            long started = Stopwatch.GetTimestamp();
            TimeSpan limit = (2 * _limit) + (text.Length * _limitPerByte);
            foreach (ValueMatch match in _regex.EnumerateMatches(characters.AsSpan(0, count)))
            {
                if (Stopwatch.GetElapsedTime(started) > limit)
                    throw new RegexMatchTimeoutException();
                int start = offsets[match.Index];
                if (match.Length > 0)
                    matches.Add(new TextPiece(start, offsets[match.Index + match.Length] - start));
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ModelFormatException(_path, _field, -1, "the pattern takes too long to match a text of "
                + text.Length.ToString(CultureInfo.InvariantCulture) + " bytes", e);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
            ArrayPool<int>.Shared.Return(offsets);
        }
    }
}

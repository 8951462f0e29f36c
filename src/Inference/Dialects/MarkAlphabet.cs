using System.Text;
using Inference.Tokenization;

namespace Inference.Dialects;

/// <summary>
/// Lets tokens that are marks stand in a text beside its characters. Each is a character that no decoded text holds: an unpaired
/// surrogate. A mark that a model has a token for is then told from the same spelling made of other tokens, which is text.
/// </summary>
/// <remarks>Immutable. A mark without a token of its own is matched by its spelling.</remarks>
internal sealed class MarkAlphabet
{
    private const char First = '\uDC00';

    private readonly Dictionary<int, char> _codes = [];
    private readonly List<string> _spellings = [];

    /// <summary>Finds the tokens of marks.</summary>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="marks">The spellings to look for.</param>
    public MarkAlphabet(Vocabulary vocabulary, IReadOnlyCollection<string> marks)
    {
        var wanted = marks.ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < vocabulary.Count && wanted.Count > 0; i++)
        {
            if (vocabulary.Kind(i) is not (TokenKind.Control or TokenKind.UserDefined) || vocabulary.Text(i) is not string text || !wanted.Remove(text))
                continue;
            _codes.Add(i, (char)(First + _spellings.Count));
            _spellings.Add(text);
        }
    }

    /// <summary>Whether the model has a token for a mark.</summary>
    public bool Has(string mark) => _spellings.Contains(mark);

    /// <summary>The character that stands for a token; null for one that is no mark.</summary>
    public char? Code(int token) => _codes.TryGetValue(token, out char code) ? code : null;

    /// <summary>Whether a character stands for a token.</summary>
    public bool IsCode(char character) => character >= First && character < First + _spellings.Count;

    /// <summary>A pattern as it is found in texts: with characters for what is a token.</summary>
    public string Encode(string pattern)
    {
        for (int i = 0; i < _spellings.Count; i++)
            pattern = pattern.Replace(_spellings[i], ((char)(First + i)).ToString(), StringComparison.Ordinal);
        return pattern;
    }

    /// <summary>The spelling of the token that a character stands for.</summary>
    public string Spelling(char code) => _spellings[code - First];

    /// <summary>Spells tokens out.</summary>
    public string Spell(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange(First, (char)(First + 0x3FF)) < 0)
            return text.ToString();
        var spelled = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            // The second half of a pair is no mark.
            if (IsCode(text[i]) && (i == 0 || !char.IsHighSurrogate(text[i - 1])))
                spelled.Append(Spelling(text[i]));
            else
                spelled.Append(text[i]);
        }

        return spelled.ToString();
    }
}

using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads a regular expression in the syntax that tokenizer.json uses, Oniguruma's, as far as an automaton can express it.</summary>
internal sealed class PatternParser
{
    private const int MaxDepth = 32;
    private const int MaxRepeat = 1000;

    private readonly List<int> _pattern;
    private int _position;
    private int _depth;
    private bool _ignoresCase;
    private bool _failed;

    private PatternParser(string pattern) => _pattern = [.. pattern.EnumerateRunes().Select(rune => rune.Value)];

    private int Next => _position < _pattern.Count ? _pattern[_position] : -1;

    /// <summary>Reads an expression.</summary>
    /// <returns>Null for one that is malformed, or uses what is not supported here.</returns>
    public static PatternNode? Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode node = parser.Choice();
        return parser._failed || parser.Next >= 0 ? null : node;
    }

    private PatternNode Choice()
    {
        if (++_depth > MaxDepth)
            Fail();
        List<PatternNode> items = [Sequence()];
        while (Take('|'))
            items.Add(Sequence());
        _depth--;
        return items.Count == 1 ? items[0] : new PatternNode.Choice(items);
    }

    private PatternNode Sequence()
    {
        List<PatternNode> items = [];
        List<(int Index, RuneSet Runes)> possessive = [];
        while (!_failed && Next is >= 0 and not ('|' or ')'))
        {
            PatternNode item = Repeated(Atom(), out bool isPossessive);
            if (isPossessive)
                possessive.Add((items.Count, item is PatternNode.Repeat { Item: PatternNode.Set set } ? set.Runes : Fail()));
            items.Add(item);
        }

        // What is possessive gives nothing back. A greedy one has no cause to where what
        // follows may be nothing, or cannot begin with its characters.
        foreach ((int index, RuneSet runes) in possessive)
        {
            bool isLast = _depth == 1 && items.Skip(index + 1).All(item => item is { IsNullable: true } and not PatternNode.Look);
            if (!isLast && !(index + 1 < items.Count && items[index + 1] is { IsNullable: false } next && First(next) is RuneSet first && AreApart(runes, first)))
                Fail();
        }

        return items.Count == 1 ? items[0] : new PatternNode.Sequence(items);
    }

    private static RuneSet? First(PatternNode node) => node switch
    {
        PatternNode.Set set => set.Runes,
        PatternNode.Repeat { Least: > 0 } repeat => First(repeat.Item),
        _ => null,
    };

    private static bool AreApart(RuneSet one, RuneSet other)
    {
        RuneSet both = one.And(other);
        foreach (int border in both.Borders.Append(0))
        {
            foreach (UnicodeCategory category in Enum.GetValues<UnicodeCategory>())
            {
                if (both.Contains(border, category))
                    return false;
            }
        }

        return true;
    }

    private PatternNode Repeated(PatternNode item, out bool isPossessive)
    {
        isPossessive = false;
        (int least, int most) = Next switch { '*' => (0, -1), '+' => (1, -1), '?' => (0, 1), '{' => (-1, -1), _ => (1, 1) };
        if ((least, most) == (1, 1))
            return item;
        _position++;
        bool isCounted = least < 0;
        if (isCounted)
        {
            least = Number();
            most = Take(',') ? Next == '}' ? -1 : Number() : least;
            if (!Take('}') || least > MaxRepeat || most > MaxRepeat || (most >= 0 && most < least))
                Fail();
        }

        bool isLazy = Take('?');
        // After braces a plus is not possessive everywhere.
        isPossessive = !isLazy && !isCounted && Take('+');
        return Next is '*' or '+' or '?' or '{' || item is PatternNode.Look ? new PatternNode.Set(Fail()) : new PatternNode.Repeat(item, least, most, isLazy);
    }

    private PatternNode Atom()
    {
        int rune = _pattern[_position++];
        switch (rune)
        {
            case '(':
                return Group();
            case '[':
                return new PatternNode.Set(Class());
            case '.':
                return new PatternNode.Set(RuneSet.One('\n').Not());
            case '$':
                return new PatternNode.Look(RuneSet.One('\n'), OrEnd: true);
            case '\\':
                return new PatternNode.Set(Escape(out int literal) ?? Literal(literal));
            case '^' or '*' or '+' or '?' or '{' or '}' or ']':
                return new PatternNode.Set(Fail());
            default:
                return new PatternNode.Set(Literal(rune));
        }
    }

    private PatternNode Group()
    {
        bool ignoredCase = _ignoresCase;
        int look = 0;
        if (Take('?'))
        {
            if (Take('i'))
                _ignoresCase = true;
            else if (Next is '=' or '!')
                look = Next;
            if (look != 0)
                _position++;
            else if (!Take(':'))
                Fail();
        }

        PatternNode inner = Choice();
        _ignoresCase = ignoredCase;
        if (!Take(')'))
            Fail();
        if (look == 0)
            return inner;
        RuneSet next = inner is PatternNode.Set set ? set.Runes : Fail();
        return look == '=' ? new PatternNode.Look(next, OrEnd: false) : new PatternNode.Look(next.Not(), OrEnd: true);
    }

    private RuneSet Class()
    {
        if (++_depth > MaxDepth)
            return Fail();
        bool negated = Take('^');
        List<RuneSet> items = [];
        RuneSet? left = null;
        while (Next >= 0 && Next != ']')
        {
            if (Next == '&' && _position + 1 < _pattern.Count && _pattern[_position + 1] == '&')
            {
                _position += 2;
                left = And(left, items);
                items = [];
            }
            else
            {
                items.Add(ClassItem());
            }
        }

        if (!Take(']') || items.Count == 0)
            Fail();
        _depth--;
        RuneSet set = And(left, items);
        return negated ? set.Not() : set;
    }

    private RuneSet ClassItem()
    {
        if (Next == '[')
        {
            _position++;
            // Named classes: their members differ between implementations.
            return Next == ':' ? Fail() : Class();
        }

        int first = _pattern[_position++];
        if (first == '\\' && Escape(out first) is RuneSet escaped)
            return escaped;
        if (Next != '-' || (_position + 1 < _pattern.Count && _pattern[_position + 1] == ']'))
            return Literal(first);

        _position++;
        int last = Next;
        _position++;
        if (last is < 0 or '[' || (last == '\\' && Escape(out last) is not null) || last < first || _ignoresCase)
            return Fail();
        return RuneSet.Range(first, last);
    }

    private static RuneSet And(RuneSet? left, List<RuneSet> items)
    {
        RuneSet right = items.Count == 1 ? items[0] : RuneSet.Union([.. items]);
        return left is null ? right : left.And(right);
    }

    /// <summary>Reads what follows a backslash: a set, or else a character.</summary>
    private RuneSet? Escape(out int literal)
    {
        literal = Next;
        _position++;
        switch (literal)
        {
            case 's':
                return RuneSet.Space;
            case 'S':
                return RuneSet.Space.Not();
            case 'd':
                return RuneSet.FindCategory("Nd")!;
            case 'D':
                return RuneSet.FindCategory("Nd")!.Not();
            case 'w':
                return RuneSet.Word;
            case 'W':
                return RuneSet.Word.Not();
            case 'p' or 'P':
                RuneSet property = Property();
                return literal == 'P' ? property.Not() : property;
            case 'r' or 'n' or 't' or 'f' or 'v':
                literal = literal switch { 'r' => '\r', 'n' => '\n', 't' => '\t', 'f' => '\f', _ => '\v' };
                return null;
            case 'u':
                literal = 0;
                for (int i = 0; i < 4; i++)
                    literal = (literal * 16) + HexDigit();
                return null;
            case < 0:
                return Fail();
            default:
                return Rune.IsLetterOrDigit(new Rune(literal)) ? Fail() : null;
        }
    }

    private RuneSet Property()
    {
        var name = new StringBuilder();
        if (!Take('{'))
        {
            name.Append((char)Math.Max(Next, 0));
            _position++;
        }
        else
        {
            while (Next is >= 0 and < 128 and not '}')
                name.Append((char)_pattern[_position++]);
            if (!Take('}'))
                return Fail();
        }

        bool negated = name.Length > 1 && name[0] == '^';
        string key = negated ? name.ToString(1, name.Length - 1) : name.ToString();
        RuneSet set = (key is "Han" or "Script=Han" ? RuneSet.Han : RuneSet.FindCategory(key)) ?? Fail();
        return negated ? set.Not() : set;
    }

    private RuneSet Literal(int rune)
    {
        if (!_ignoresCase)
            return RuneSet.One(rune);
        if (rune >= 128)
            return Fail();
        RuneSet set = RuneSet.One(char.ToLowerInvariant((char)rune)).Or(RuneSet.One(char.ToUpperInvariant((char)rune)));

        // The long s and the Kelvin sign fold to ASCII letters.
        return rune switch { 's' or 'S' => set.Or(RuneSet.One(0x17F)), 'k' or 'K' => set.Or(RuneSet.One(0x212A)), _ => set };
    }

    private int Number()
    {
        int start = _position;
        int value = 0;
        for (; Next is >= '0' and <= '9' && value <= MaxRepeat; _position++)
            value = (10 * value) + Next - '0';
        if (_position == start)
            Fail();
        return value;
    }

    private int HexDigit()
    {
        int digit = Next is >= 0 and < 128 && char.IsAsciiHexDigit((char)Next) ? int.Parse(((char)Next).ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : -1;
        _position++;
        if (digit < 0)
            Fail();
        return Math.Max(digit, 0);
    }

    private bool Take(int rune)
    {
        if (Next != rune)
            return false;
        _position++;
        return true;
    }

    /// <summary>Gives up; what is read after that is of no account.</summary>
    private RuneSet Fail()
    {
        _failed = true;
        _position = Math.Max(_position, _pattern.Count);
        return RuneSet.Space;
    }
}

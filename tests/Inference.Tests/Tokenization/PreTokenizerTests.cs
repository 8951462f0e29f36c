using System.Text;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class PreTokenizerTests
{
    private static readonly string[] _parts =
    [
        " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u3000", "\u0085", "'", "'s", "'RE", "'lL", "'x", "a", "B", "Bc", "é", "É", "世", "\u3042", "\u0410", "\u0915\u093F",
        "\u01C5", "\uD55C", "\u3131", "\u0E01", "1", "23", "456", "\u0663", "²", "Ⅷ", ".", "!?", "/", "(", ",", "|", "$", "+", "`", "…", "。", "\u0301", "_", "-", "\u0000",
        "IMGIMGAZ", "<sentinel:1>",
    ];

    public static TheoryData<string> Names => [.. GgufPreTokenizers.Names.Where(name => name is not ("superbpe" or "afmoe"))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Tables_cut_as_a_backtracking_reading_of_their_patterns_does(string name)
    {
        GgufPreTokenizer described = GgufPreTokenizers.Find("file", name);
        List<PreTokenizer> steps = [];
        if (described.DropsSpace)
            steps.Add(new SplitPreTokenizer(new RegexPattern("file", "field", @"\s+"), SplitBehavior.Removed));
        foreach (string pattern in described.Patterns)
            steps.Add(new SplitPreTokenizer(new RegexPattern("file", "field", Readable(pattern)), SplitBehavior.Isolated));
        var plain = new SequencePreTokenizer(steps);
        PreTokenizer compiled = Create(name);

        // Characters beyond the basic plane are shown to .NET as stand-ins of their category, which patterns that list characters tell apart.
        string[] parts = described.Patterns.Any(pattern => pattern.Any(character => character > 127)) ? _parts : [.. _parts, "\U00010400", "\U0001D7D8", "😀"];
        var random = new Random(5);
        for (int i = 0; i < 400; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.Equal(Split(plain, text), Split(compiled, text));
        }
    }

    [Fact]
    public void Every_pattern_of_the_files_is_a_table()
    {
        foreach (string pattern in GgufPreTokenizers.Names.SelectMany(name => GgufPreTokenizers.Find("file", name).Patterns).Distinct())
            Assert.IsNotType<RegexPattern>(TextPattern.Compile("file", "field", pattern));
    }

    [Theory]
    [InlineData("superbpe", "a1234567b12 123456", "a|1|234|567|b|12| |123|456")]
    [InlineData("superbpe", "\u00BD1234", "\u00BD1|234")]
    [InlineData("superbpe", "no digits", "no digits")]
    [InlineData("afmoe", "12345 1234567x", "12|345| |1|234|567|x")]
    [InlineData("tiny_aya", "1234567 12345x", "1|234|567| |123|45|x")]
    [InlineData("deepseek-llm", "ab1234 .\n \u4E16\u754C", "ab|1234| .|\n| |\u4E16\u754C")]
    [InlineData("kimi-k2", "Hello\u4E16\u754CWorld's 1234", "Hello|\u4E16\u754C|World's| |123|4")]
    [InlineData("gpt-4o", "HelloWorld\u0301s don'T/\n", "Hello|World\u0301s| don'T|/\n")]
    [InlineData("tekken", "ABc 12", "ABc| |1|2")]
    [InlineData("jais-2", "a      b", "a|    | | b")]
    [InlineData("exaone-moe", "a b1 cd e/", "a b|1| cd e|/")]
    [InlineData("whitespace", " a \u3000b\n", "a|b")]
    public void Texts_are_cut_where_the_name_says(string name, string text, string expected)
        => Assert.Equal(expected.Split('|'), Split(Create(name), text));

    [Theory]
    [InlineData("a+?b|a", "aaab aa", "aaab| |a|a")]
    [InlineData("(?:ab|a)(?:c|bcd)", "abcd", "abc|d")]
    [InlineData("a{2,3}", "aaaaaaa", "aaa|aaa|a")]
    [InlineData("x*+y|x", "xxyxx", "xxy|x|x")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}", " ab!cd1", " ab|!cd|1")]
    [InlineData(@"[\w--]+", "a-b_c d", "a-b_c| |d")]
    [InlineData(@"a(?=b)|[ab]+$", "abab", "a|bab")]
    [InlineData(@"\u0061|(?i:k)", "ak\u212AK", "a|k|\u212A|K")]
    public void Patterns_match_as_by_backtracking(string pattern, string text, string expected)
    {
        Assert.Equal(expected.Split('|'), Split(new SplitPreTokenizer(AutomatonPattern.TryCompile("file", "field", pattern)!, SplitBehavior.Isolated), text));
    }

    [Theory]
    [InlineData("a*")]
    [InlineData("(?<=a)b")]
    [InlineData(@"\bword")]
    [InlineData("(?=ab)a")]
    [InlineData("((a{999}){999}){999}b")]
    [InlineData("(a*+)a")]
    [InlineData("a++a")]
    [InlineData("[[:alpha:]]")]
    [InlineData("(?i:é)")]
    [InlineData("a{3,2}")]
    [InlineData("[b-a]")]
    [InlineData("(((((((((((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))))))))))")]
    public void What_needs_more_than_a_table_is_left_to_others(string pattern)
        => Assert.Null(AutomatonPattern.TryCompile("file", "field", pattern));

    [Fact]
    public void Nothing_that_is_random_hangs_the_compiler()
    {
        const string Alphabet = @"ab\p{L}sS[]^-&&()?:i=!|*+?{1,3}$.";
        var random = new Random(23);
        int compiled = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string pattern = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            if (AutomatonPattern.TryCompile("file", "field", pattern) is not { } automaton)
                continue;
            compiled++;
            Assert.Equal("aab  ba-a", string.Concat(Split(new SplitPreTokenizer(automaton, SplitBehavior.Isolated), "aab  ba-a")));
        }

        Assert.True(compiled > 500);
    }

    [Fact]
    public void Repetitions_of_repetitions_match_in_linear_time()
    {
        // A backtracking matcher takes two to the length; reading on for a match that never comes takes its square.
        foreach (string pattern in (string[])["(?:a+)+b", "a+b", "(?:a|aa)+c|a", @"\s{64}(?!\S)|\s*x|\s"])
        {
            var automaton = AutomatonPattern.TryCompile("file", "field", pattern)!;
            foreach (string unit in (string[])["a", " "])
            {
                List<TextPiece> pieces = [];
                new SplitPreTokenizer(automaton, SplitBehavior.Isolated).Split(Encoding.UTF8.GetBytes(new string(unit[0], 1 << 20)), 0, pieces);
                Assert.Equal(1 << 20, pieces.Sum(piece => piece.Length));
            }
        }
    }

    [Fact]
    public void LongSFoldsToSInContractions()
        => Assert.Equal(["it", "'\u017F", "x"], Split(Create("llama-bpe"), "it'\u017Fx"));

    [Fact]
    public void BytesThatAreNoTextAreSymbols()
    {
        List<TextPiece> pieces = [];
        Create("llama-bpe").Split([(byte)'1', 0xFF, 0xFE, (byte)' ', (byte)'2'], 0, pieces);
        Assert.Equal([new(0, 1), new(1, 2), new(3, 1), new(4, 1)], pieces);
    }

    [Theory]
    [InlineData("Removed", "a|bb|c")]
    [InlineData("Isolated", "-|a|-|-|bb|-|c|-|-")]
    [InlineData("Contiguous", "-|a|--|bb|-|c|--")]
    [InlineData("MergedWithPrevious", "-|a-|-|bb-|c-|-")]
    [InlineData("MergedWithNext", "-a|-|-bb|-c|-|-")]
    public void MatchesGoWhereTheBehaviorSays(string behavior, string expected)
        => Assert.Equal(expected.Split('|'), Split(new SplitPreTokenizer(new LiteralPattern([(byte)'-']), Enum.Parse<SplitBehavior>(behavior)), "-a--bb-c--"));

    [Fact]
    public void InvertedMatchesAreWhatLiesBetween()
        => Assert.Equal(["-", "-", "-"], Split(new SplitPreTokenizer(new LiteralPattern([(byte)'-']), SplitBehavior.Removed, invert: true), "-a--bb"));

    [Fact]
    public void SmolLmSplitsDigitsBeforeGpt2Does()
        => Assert.Equal(["I", " have", " ", "1", "2", " apples", "'s", " ", " x"], Split(Create("smollm"), "I have 12 apples's  x"));

    [Fact]
    public void UnknownNamesAreRefusedByName()
    {
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => GgufPreTokenizers.Find("some.gguf", "frobnicate"));
        Assert.Contains("frobnicate", e.Message, StringComparison.Ordinal);
        Assert.Equal("tokenizer.ggml.pre", e.Field);
    }

    [Theory]
    [InlineData("(")]
    [InlineData(@"[\p{L}&&[^a]]+")]
    [InlineData(@"\p{Han}+")]
    [InlineData("a++")]
    [InlineData("[\U00010400-\U0001044F]")]
    public void PatternsThatWouldMeanSomethingElseAreRefused(string pattern)
        => Assert.Equal("field", Assert.Throws<ModelFormatException>(() => new RegexPattern("file", "field", pattern)).Field);

    [Fact]
    public void PatternsThatTakeTooLongAreAnError()
    {
        var pattern = new RegexPattern("file", "field", "(a+)+$");
        Assert.Throws<ModelFormatException>(() => pattern.FindAll([.. Encoding.UTF8.GetBytes(new string('a', 40)), (byte)'!'], []));
    }

    [Fact]
    public void CharactersBeyondTheBasicPlaneKeepTheirCategoryInPatterns()
    {
        // One character of each category that has any there.
        foreach ((string category, string text) in (ValueTuple<string, string>[])
            [("Lu", "\U00010400"), ("Ll", "\U00010428"), ("Lm", "\U00016B40"), ("Lo", "\U00020000"), ("Mn", "\U000101FD"), ("Mc", "\U00011000"), ("Nd", "\U0001D7D8"),
             ("Nl", "\U00010140"), ("No", "\U0001F100"), ("Cf", "\U000E0001"), ("Co", "\U000F0000"), ("Pd", "\U00010EAD"), ("Po", "\U00010100"), ("Sm", "\U0001D6C1"),
             ("Sk", "\U0001F3FB"), ("So", "\U0001F600"), ("Cn", "\U000E0080")])
        {
            Assert.Equal([text], Split(new SplitPreTokenizer(new RegexPattern("file", "field", $@"\p{{{category}}}"), SplitBehavior.Removed, invert: true), $"\0{text}"));
        }
    }

    // What .NET reads otherwise: intersections and characters beyond the basic plane.
    private static string Readable(string pattern)
    {
        pattern = pattern.Replace(@"&&[^\p{Han}]]", @"-[\p{IsCJKUnifiedIdeographs}\u3005\u3007]]", StringComparison.Ordinal)
            .Replace(@"[\p{Han}]", @"[\p{IsCJKUnifiedIdeographs}\u3005\u3007]", StringComparison.Ordinal);
        int first = pattern.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        return first < 0 ? pattern : pattern[..first] + "]+";
    }

    private static PreTokenizer Create(string name) => GgufPreTokenizers.Create("file", GgufPreTokenizers.Find("file", name));

    private static string[] Split(PreTokenizer preTokenizer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        List<TextPiece> pieces = [];
        preTokenizer.Split(bytes, 100, pieces);
        return [.. pieces.Select(piece => Encoding.UTF8.GetString(bytes, piece.Start - 100, piece.Length))];
    }
}

using System.Text;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class PreTokenizerTests
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Tiktoken =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,DIGITS}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static TheoryData<string> Patterns => ["gpt-2", "llama-bpe", "qwen2"];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void HandWrittenOnesEqualTheirPattern(string name)
    {
        PreTokenizer byHand = Create(name);
        string pattern = name == "gpt-2" ? Gpt2 : Tiktoken.Replace("DIGITS", name == "qwen2" ? "1" : "3", StringComparison.Ordinal);
        var byRegex = new SplitPreTokenizer(new RegexPattern("file", "field", pattern), SplitBehavior.Isolated);

        var random = new Random(5);
        string[] parts =
        [
            " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u3000", "\u0085", "'", "'s", "'RE", "'lL", "'x", "a", "B", "é", "世", "\U00010400", "\U0001D7D8", "1", "23",
            "²", "Ⅷ", ".", "!?", "😀", "\u0301", "\u200D", "_", "-", "\u0000",
        ];
        for (int i = 0; i < 5000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.Equal(Split(byRegex, text), Split(byHand, text));
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

    private static PreTokenizer Create(string name) => GgufPreTokenizers.Create("file", GgufPreTokenizers.Find("file", name));

    private static string[] Split(PreTokenizer preTokenizer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        List<TextPiece> pieces = [];
        preTokenizer.Split(bytes, 100, pieces);
        return [.. pieces.Select(piece => Encoding.UTF8.GetString(bytes, piece.Start - 100, piece.Length))];
    }
}

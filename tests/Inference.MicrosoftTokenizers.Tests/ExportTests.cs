using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Tokenizers;
using TestData = Inference.Tests.TestData;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;
using Tokenizer = Inference.Tokenization.Tokenizer;

namespace Inference.MicrosoftTokenizers.Tests;

public sealed class ExportTests
{
    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261123, 7);
    private static readonly string[] _parts = ["a", "The", " quick", "n't", "  ", "\n", "12", "é", "世界", "😀", "👩‍👩‍👧", "\U0010FFFF", "\u0378", "<s>", Pairs.EndOfText, ".", "\uD83D", ""];

    public static TheoryData<string> Names => [.. Pairs.Names];

    private static Arbitrary<string> Texts => Gen.Elements(_parts).ListOf().Select(string.Concat).ToArbitrary();

    [Theory]
    [MemberData(nameof(Names))]
    public void Counts_ids_and_tokens_agree_and_offsets_lie_on_the_text(string name)
    {
        Tokenizer own = Pairs.Get(name).Own;
        MicrosoftTokenizer exposed = own.AsMicrosoftTokenizer();
        Check.One(_config, Prop.ForAll(Texts, text =>
        {
            int[] ids = own.Encode(text, addSpecial: false);
            IReadOnlyList<EncodedToken> tokens = exposed.EncodeToTokens(text, out string? normalized);
            string processed = normalized ?? text.Replace('\uD83D', '\uD83D');
            int end = 0;
            foreach (EncodedToken token in tokens)
            {
                (int start, int after) = (token.Offset.Start.Value, token.Offset.End.Value);
                // Nothing is left out, and nothing goes back further than a character.
                Assert.True(start <= end && after >= end && after <= processed.Length && end - start <= 2);
                end = after;
            }

            return exposed.EncodeToIds(text).SequenceEqual(ids)
                && exposed.EncodeToIds(text.AsSpan()).SequenceEqual(ids)
                && tokens.Select(token => token.Id).SequenceEqual(ids)
                && exposed.CountTokens(text) == ids.Length
                && end == processed.Length
                && (normalized is null || text != normalized)
                && exposed.Decode(ids) == own.Decode(ids);
        }));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_limit_cuts_between_characters_and_both_ends_agree_with_the_whole(string name)
    {
        Tokenizer own = Pairs.Get(name).Own;
        MicrosoftTokenizer exposed = own.AsMicrosoftTokenizer();
        Check.One(_config, Prop.ForAll(Texts, Gen.Choose(1, 12).ToArbitrary(), (text, most) =>
        {
            int[] ids = own.Encode(text, addSpecial: false);
            IReadOnlyList<int> first = exposed.EncodeToIds(text, most, out string? normalized, out int consumed);
            string processed = normalized ?? text;
            int index = exposed.GetIndexByTokenCount(text, most, out _, out int count);
            int fromEnd = exposed.GetIndexByTokenCountFromEnd(text, most, out _, out int last);
            return first.Count <= most && first.SequenceEqual(ids.Take(first.Count))
                && index == consumed && count == first.Count
                && (ids.Length > most || (count == ids.Length && index == processed.Length && fromEnd == 0 && last == ids.Length))
                && IsBorder(processed, index) && IsBorder(processed, fromEnd) && last <= most
                && own.Decode([.. first]) == Valid(processed[..index])
                // What is further in begins a text of its own once it is cut off.
                && Valid(processed[fromEnd..]).EndsWith(own.Decode(ids.AsSpan(ids.Length - last)), StringComparison.Ordinal);
        }));

        static bool IsBorder(string text, int at) => at == 0 || at == text.Length || !char.IsSurrogatePair(text[at - 1], text[at]);

        static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Offsets_are_those_of_the_other_librarys_own(string name)
    {
        (Tokenizer own, MicrosoftTokenizer other) = Pairs.Get(name);
        MicrosoftTokenizer exposed = own.AsMicrosoftTokenizer(new() { AddSpecialTokens = true });
        foreach (string text in (string[])["Once upon a time", "The quick brown fox", "Hello world 12"])
        {
            IReadOnlyList<EncodedToken> expected = other.EncodeToTokens(text, out string? theirs);
            IReadOnlyList<EncodedToken> tokens = exposed.EncodeToTokens(text, out string? ours);
            Assert.Equal(expected.Select(token => token.Id), tokens.Select(token => token.Id));
            Assert.Null(ours);
            // SentencePiece's normal form has one character more, in front.
            int shift = theirs is null ? 0 : theirs.Length - text.Length;
            Assert.Equal(
                expected.Select(token => (Math.Max(0, token.Offset.Start.Value - shift), Math.Max(0, token.Offset.End.Value - shift))),
                tokens.Select(token => (token.Offset.Start.Value, token.Offset.End.Value)));
            Assert.Equal(other.CountTokens(text), exposed.CountTokens(text));
        }
    }

    [Fact]
    public void A_character_of_several_tokens_has_one_range()
    {
        MicrosoftTokenizer exposed = Pairs.Gpt2.AsMicrosoftTokenizer();
        IReadOnlyList<EncodedToken> tokens = exposed.EncodeToTokens("a\U0010FFFFb", out string? normalized);
        Assert.Null(normalized);
        Assert.Equal([0..1, .. tokens.Skip(1).SkipLast(1).Select(_ => 1..3), 3..4], tokens.Select(token => token.Offset));
        Assert.True(tokens.Count > 4);
        Assert.All(tokens.Skip(1).SkipLast(1), token => Assert.Equal("\U0010FFFF", token.Value));
        Assert.Single(exposed.EncodeToIds("a\U0010FFFFb", 2, out _, out int consumed));
        Assert.Equal(1, consumed);
        Assert.Equal(3, exposed.GetIndexByTokenCountFromEnd("a\U0010FFFFb", 3, out _, out int count));
        Assert.Equal(1, count);
    }

    [Fact]
    public void A_text_that_is_normalized_comes_with_what_offsets_mean()
    {
        string vocabulary = TestData.Shared("tokenizers");
        string? file = Directory.EnumerateFiles(TestData.Shared("vocab"), "*bert*.gguf").FirstOrDefault();
        Assert.SkipWhen(file is null, $"there is no WordPiece vocabulary beside {vocabulary}");
        MicrosoftTokenizer exposed = Tokenizer.Load(file!).AsMicrosoftTokenizer();
        IReadOnlyList<EncodedToken> tokens = exposed.EncodeToTokens("Hello Wörld", out string? normalized);
        Assert.Equal("hello world", normalized);
        Assert.Equal("hello world", string.Concat(tokens.Select(token => normalized![token.Offset])));
        Assert.Equal(tokens.Select(token => token.Value), tokens.Select(token => normalized![token.Offset]));
        Assert.Equal(5, exposed.GetIndexByTokenCount("Hello Wörld", 1, out _, out _));
    }

    [Fact]
    public void Special_tokens_are_as_the_options_say()
    {
        Tokenizer own = Pairs.Get("Llama").Own;
        MicrosoftTokenizer plain = own.AsMicrosoftTokenizer();
        Assert.DoesNotContain(plain.EncodeToIds("<s>Hi</s>"), own.IsSpecial);
        MicrosoftTokenizer all = own.AsMicrosoftTokenizer(new() { AddSpecialTokens = true, ParseSpecialTokens = true, DecodeSpecialTokens = true });
        IReadOnlyList<EncodedToken> tokens = all.EncodeToTokens("Hi</s>", out _);
        Assert.Equal([1, .. own.Encode("Hi</s>", addSpecial: false, parseSpecial: true)], tokens.Select(token => token.Id));
        Assert.Equal(0..0, tokens[0].Offset);
        Assert.Equal(("</s>", 2..6), (tokens[^1].Value, tokens[^1].Offset));
        Assert.Equal("<s>", tokens[0].Value);
        Assert.Equal("<s>", all.Decode([1]));
        Assert.Equal("", plain.Decode([1]));
        Assert.Equal(tokens.Count, all.CountTokens("Hi</s>"));
        Assert.Equal(plain.CountTokens("Hi") + 1, own.AsMicrosoftTokenizer(new() { AddSpecialTokens = true }).CountTokens("Hi"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_destination_of_any_size_takes_whole_characters_and_no_more(string name)
    {
        Tokenizer own = Pairs.Get(name).Own;
        MicrosoftTokenizer exposed = own.AsMicrosoftTokenizer();
        int[] ids = own.Encode("Once 世界 😀\U0010FFFF upon", addSpecial: false);
        string text = own.Decode(ids);
        char[] destination = new char[text.Length + 1];
        int most = -1;
        for (int size = 0; size <= destination.Length; size++)
        {
            OperationStatus status = exposed.Decode(ids, destination.AsSpan(0, size), out int consumed, out int written);
            Assert.Equal(size >= text.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall, status);
            Assert.True(written <= size && consumed >= most);
            Assert.Equal(own.Decode(ids.AsSpan(0, consumed)), new string(destination, 0, written));
            Assert.True(written == 0 || !char.IsHighSurrogate(destination[written - 1]));
            // Not less than there is room for.
            if (consumed < ids.Length && own.Decode(ids.AsSpan(0, consumed + 1)) is { } next && !next.Contains('\uFFFD'))
                Assert.True(next.Length > size);
            most = consumed;
        }

        Assert.Equal(ids.Length, most);
    }

    [Fact]
    public void What_cannot_be_honoured_is_refused_by_name()
    {
        MicrosoftTokenizer exposed = Pairs.Gpt2.AsMicrosoftTokenizer();
        Assert.Contains("considerNormalization", Assert.Throws<NotSupportedException>(() => exposed.CountTokens("a", considerNormalization: false)).Message, StringComparison.Ordinal);
        Assert.Contains("considerPreTokenization", Assert.Throws<NotSupportedException>(() => exposed.EncodeToIds("a", considerPreTokenization: false)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("maxTokenCount", () => exposed.EncodeToIds("a", 0, out _, out _));
        Assert.Throws<InvalidOperationException>(() => exposed.Decode([50257]));
        Assert.Throws<InvalidOperationException>(() => exposed.Decode([-1]));
        Assert.Equal(OperationStatus.InvalidData, exposed.Decode([50257], new char[8], out _, out _));
        Assert.Throws<ArgumentNullException>(() => exposed.Decode(null!));
        Assert.Empty(exposed.EncodeToIds(""));
        Assert.Equal(0, exposed.GetIndexByTokenCountFromEnd("", 3, out _, out int count));
        Assert.Equal(0, count);
    }
}

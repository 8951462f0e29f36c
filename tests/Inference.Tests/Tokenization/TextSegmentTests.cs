using FsCheck;
using FsCheck.Fluent;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class TextSegmentTests
{
    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(1000).WithReplay(20260711, 3);

    private static readonly string[] _plain =
        ["a", "The", " quick", " brown", "n't", "'s", " ", "  ", "\n", "12", "345", "é", "世界", "😀", "\uD83D", "\uDE00", "e\u0301", "<", "|", "/s", ">", "\u2581", ".", ""];

    public static TheoryData<string> Families => ["gpt2", "llama", "tiny"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Without_special_tokens_the_borders_leave_no_trace(string family)
    {
        Tokenizer tokenizer = Find(family);
        Check.One(_config, Prop.ForAll(Segments([.. _plain.Where(part => part != "<")]).ToArbitrary(), segments =>
        {
            string whole = string.Concat(segments.Select(segment => segment.Text));
            return tokenizer.Encode(segments, addSpecial: true).SequenceEqual(tokenizer.Encode(whole, addSpecial: true, parseSpecial: true));
        }));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Special_tokens_are_found_exactly_where_all_their_characters_parse(string family)
    {
        Tokenizer tokenizer = Find(family);
        string[] specials = family switch { "gpt2" => ["<|endoftext|>"], "llama" => ["<s>", "</s>", "<unk>"], _ => ["<|start_story|>", "<|end_story|>"] };
        string[] parts = [.. _plain, .. specials, .. specials, .. specials.SelectMany(special => (string[])[special[..3], special[3..]])];
        Check.One(_config, Prop.ForAll(Segments(parts).ToArbitrary(), segments =>
        {
            // The plain reading: the text with a mark on each character; a special token is where no other token, found before, ends inside it.
            string text = string.Concat(segments.Select(segment => segment.Text));
            bool[] parses = [.. segments.SelectMany(segment => segment.Text.Select(_ => segment.ParsesSpecial))];
            List<int> expected = [];
            for (int i = 0; i < text.Length;)
            {
                string? found = specials.FirstOrDefault(
                    special => text.AsSpan(i).StartsWith(special, StringComparison.Ordinal) && !parses.AsSpan(i, special.Length).Contains(false));
                if (found is not null)
                    expected.AddRange(tokenizer.Encode(found, addSpecial: false, parseSpecial: true));
                i += found?.Length ?? 1;
            }

            return tokenizer.Encode(segments, addSpecial: false).Where(expected.Concat([-1]).ToHashSet().Contains).SequenceEqual(expected)
                && (expected.Count > 0 || !tokenizer.Encode(segments, addSpecial: false).Any(tokenizer.EndOfGeneration.Contains));
        }));
    }

    [Fact]
    public void What_lies_between_special_tokens_is_one_text()
    {
        int[] ids = Tokenizers.Gpt2.Encode([new("<|endoftext|>Hel", true), new("lo wor", false), new("ld<|endoftext|>", true), new("<|endoftext|>", false)], addSpecial: false);
        int[] expected = [50256, .. Tokenizers.Gpt2.Encode("Hello world"), 50256, .. Tokenizers.Gpt2.Encode("<|endoftext|>")];
        Assert.Equal(expected, ids);
    }

    [Fact]
    public void A_mark_may_be_put_together_from_segments_that_parse_and_from_no_others()
    {
        Assert.Equal([50256], Tokenizers.Gpt2.Encode([new("<|endof", true), new("", false), new("text|>", true)], addSpecial: false));
        foreach (int border in (int[])[1, 6, 12])
        {
            foreach (bool first in (bool[])[true, false])
                Assert.DoesNotContain(50256, Tokenizers.Gpt2.Encode([new("<|endoftext|>"[..border], first), new("<|endoftext|>"[border..], !first)], addSpecial: false));
        }
    }

    [Fact]
    public void Nothing_is_nothing()
    {
        Assert.Empty(Tokenizers.Gpt2.Encode([], addSpecial: true));
        Assert.Equal([1], Tokenizers.Llama.Encode([new("", true), new("", false)], addSpecial: true));
    }

    private static Tokenizer Find(string family) => family switch { "gpt2" => Tokenizers.Gpt2, "llama" => Tokenizers.Llama, _ => Tokenizers.TinyJson };

    private static Gen<TextSegment[]> Segments(string[] parts)
        => Gen.Elements(parts).ArrayOf().Zip(Gen.Elements(true, false)).Select(pair => new TextSegment(string.Concat(pair.Item1), pair.Item2)).ArrayOf();
}

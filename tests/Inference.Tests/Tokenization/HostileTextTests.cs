using System.Text;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>Texts of one thing over and over: twice the text is at most twice the work, and a megabyte is nothing special.</summary>
public class HostileTextTests
{
    private static readonly string[] _units =
        ["a", " ", "\n", " \n", "\u0301", "e\u0315\u0300", "'", "1", "\u00E9", "世", "😀", "ab", "\u1112\u1161", "<", "\uFFFD", "</s", "\u2581", "x ", "e\u0301\u0323"];

    private static readonly Lazy<Tokenizer> _unigram = new(UnigramTests.Small);
    private static readonly Lazy<Tokenizer> _wordPiece = new(WordPieceTests.Small);

    private static readonly Lazy<AutomatonPattern[]> _patterns = new(() =>
    [
        .. GgufPreTokenizers.Names.SelectMany(name => GgufPreTokenizers.Find("file", name).Patterns).Distinct()
            .Select(pattern => TextPattern.Compile("file", "field", pattern)).OfType<AutomatonPattern>(),
    ]);

    public static TheoryData<string> Units => [.. _units];

    [Theory]
    [MemberData(nameof(Units))]
    public void Twice_the_text_is_twice_the_work_of_every_model(string unit)
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[Tokenizers.Gpt2, Tokenizers.Llama, Tokenizers.TinyJson, _unigram.Value, _wordPiece.Value])
        {
            var pipeline = (PipelineTokenizer)tokenizer;
            long once = pipeline.CountSteps(Repeat(unit, 1 << 15));
            Assert.InRange(pipeline.CountSteps(Repeat(unit, 1 << 16)), 0, (21 * once / 10) + 1000);

            // Each byte is followed, or merged, a few times.
            Assert.InRange(once, 0, 64L << 15);
        }
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void Twice_the_text_is_twice_the_work_of_every_pattern(string unit)
    {
        foreach (AutomatonPattern pattern in _patterns.Value)
        {
            foreach (string end in (string[])["", "."])
            {
                pattern.FindAll([.. Repeat(unit, 1 << 13), .. Encoding.UTF8.GetBytes(end)], [], out long once);
                pattern.FindAll([.. Repeat(unit, 1 << 14), .. Encoding.UTF8.GetBytes(end)], [], out long twice);
                Assert.InRange(twice, 0, (21 * once / 10) + 2000);
            }
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("\u0301")]
    [InlineData("😀")]
    public void A_megabyte_is_encoded_and_comes_back(string unit)
    {
        byte[] text = Repeat(unit, 1 << 20);
        foreach (Tokenizer tokenizer in (Tokenizer[])[Tokenizers.Gpt2, Tokenizers.Llama, _unigram.Value, _wordPiece.Value])
        {
            int[] ids = tokenizer.Encode(text, addSpecial: false);
            if (tokenizer != Tokenizers.Gpt2 && tokenizer != Tokenizers.Llama)
                continue;
            string expected = Encoding.UTF8.GetString(text);
            Assert.Equal(tokenizer == Tokenizers.Llama ? expected.Replace('\u2581', ' ') : expected, tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void A_megabyte_streams_piece_by_piece()
    {
        foreach (string unit in (string[])["a", "😀", " "])
        {
            int[] ids = Tokenizers.Gpt2.Encode(Repeat(unit, 1 << 20), addSpecial: false);
            var stream = new TextStream(Tokenizers.Gpt2, [unit + unit + "stop", "aaab"]);
            int length = 0;
            foreach (int id in ids)
                length += stream.Append(id).Length;
            Assert.Equal(Encoding.UTF8.GetCharCount(Repeat(unit, 1 << 20)), length + stream.Flush().Length);
        }
    }

    [Theory]
    [InlineData("tokenizers/llama3_1")]
    [InlineData("tokenizers/qwen3")]
    public void Large_vocabularies_are_no_different(string folder)
    {
        var tokenizer = (PipelineTokenizer)Tokenizers.Shared(folder);
        foreach (string unit in (string[])["a", " ", "\u0301", "0"])
            Assert.InRange(tokenizer.CountSteps(Repeat(unit, 1 << 17)), 0, (21 * tokenizer.CountSteps(Repeat(unit, 1 << 16)) / 10) + 1000);
    }

    [Fact]
    public void Broken_bytes_are_encoded()
    {
        byte[] text = new byte[1 << 20];
        Array.Fill(text, (byte)0xF0);
        foreach (Tokenizer tokenizer in (Tokenizer[])[Tokenizers.Gpt2, Tokenizers.Llama, _unigram.Value, _wordPiece.Value])
            Assert.NotNull(tokenizer.Encode(text));
        Assert.Equal(text.Length, Tokenizers.Gpt2.Encode(text, addSpecial: false).Sum(id => Tokenizers.Gpt2.TokenBytes(id).Length));
    }

    [Fact]
    public void Marks_that_could_begin_anywhere_are_found_in_time()
    {
        // A token of many equal characters, and a text of those alone.
        string[] tokens = ["a", new string('<', 1024), "<"];
        Tokenizer tokenizer = GgufTokenizerTests.Read(new()
        {
            ["model"] = "gpt2", ["pre"] = "gpt-2", ["tokens"] = tokens, ["merges"] = Array.Empty<string>(), ["token_type"] = new[] { 1, 4, 1 },
        });
        Assert.Equal([1, 1, 2, 2, 2], tokenizer.Encode(new string('<', 2051)));
        Assert.Throws<ModelFormatException>(() => GgufTokenizerTests.Read(new()
        {
            ["model"] = "gpt2", ["tokens"] = (string[])["a", new string('<', 1025), "<"], ["merges"] = Array.Empty<string>(), ["token_type"] = new[] { 1, 4, 1 },
        }));
    }

    private static byte[] Repeat(string unit, int length)
    {
        byte[] part = Encoding.UTF8.GetBytes(unit);
        byte[] text = new byte[length / part.Length * part.Length];
        for (int i = 0; i < text.Length; i++)
            text[i] = part[i % part.Length];
        return text;
    }
}

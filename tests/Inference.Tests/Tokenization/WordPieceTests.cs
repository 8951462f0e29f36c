using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class WordPieceTests
{
    private static readonly string[] _words =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "##a", "##b", "a", "b", "ab", "##abc", "runn", "##ing", "##ing's", "'", ",", ".", "##", "世", "界", "cafe", "!", "s"];

    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20260712, 7);

    private static readonly Lazy<Tokenizer> _small = new(() => Tokenizers.FromJsonText(Json(_words)));

    public static Tokenizer Small() => _small.Value;

    [Theory]
    [InlineData("unaffable", "un ##aff ##able")]
    [InlineData("Running, CAFÉ!", "runn ##ing , cafe !")]
    [InlineData("xyz a", "[UNK] a")]
    [InlineData("a世界b", "a 世 界 b")]
    [InlineData("aba", "ab ##a")]
    [InlineData(" \t\u00A0a\u200B\u0000b ", "ab")]
    [InlineData("", "")]
    public void Words_come_apart_into_the_longest_tokens(string text, string expected)
        => Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), Spell(text, addSpecial: false));

    [Fact]
    public void Long_words_are_unknown()
    {
        Assert.Equal(["[UNK]"], Spell("a" + new string('b', 100), addSpecial: false));
        Assert.Equal(["ab", .. Enumerable.Repeat("##b", 98)], Spell("a" + new string('b', 99), addSpecial: false));
    }

    [Fact]
    public void Marks_stand_around_a_text() => Assert.Equal(["[CLS]", "a", "[SEP]"], Spell("a", addSpecial: true));

    [Fact]
    public void Any_text_comes_out_as_by_trying_every_length()
    {
        Gen<string> gen = Gen.Elements("un", "aff", "able", "a", "b", "abc", "runn", "ing", "'s", ",", " ", "世", "É", "x", ".").ArrayOf().Select(parts => string.Concat(parts));
        Check.One(_config, Prop.ForAll(gen.ToArbitrary(), text => Spell(text, addSpecial: false).SequenceEqual(Plain(text))));
    }

    [Theory]
    [InlineData("[CLS] un ##aff ##able , runn ##ing ! [SEP]", "unaffable, running!")]
    [InlineData("a ' s b .", "a ' s b.")]
    public void Tokens_become_text(string tokens, string expected)
    {
        int[] ids = [.. tokens.Split(' ').Select(token => Array.IndexOf(_words, token))];
        Assert.Equal(expected, _small.Value.Decode(ids));
        var stream = new TextStream(_small.Value, []);
        Assert.Equal(expected, string.Concat(ids.Select(stream.Append)) + stream.Flush());
    }

    [Fact]
    public void Bge_gives_the_ids_of_llama_cpp()
    {
        Tokenizer tokenizer = Tokenizers.Shared("vocab/ggml-vocab-bert-bge.gguf");
        ParityTests.CheckCases(tokenizer, TestData.Shared("vocab/ggml-vocab-bert-bge.gguf"));
        Assert.Equal([101, 7592, 2088, 102], tokenizer.Encode("Hello world"));
        Assert.Equal("hello world! it ' s 3. 5", tokenizer.Decode(tokenizer.Encode("Hello WORLD! It's 3.5")));
    }

    [Fact]
    public void Bert_gives_the_tokens_of_the_published_code()
    {
        string[] vocabulary = File.ReadAllLines(TestData.Shared("tokenizers/bert/vocab.txt"));
        Tokenizer tokenizer = Tokenizers.FromJsonText(Json(vocabulary));
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(TestData.Shared("tokenizers/bert/expected.json")));
        JsonElement root = expected.RootElement;
        string[] tokens = [.. root.GetProperty("bpe_tokens").EnumerateArray().Select(token => token.GetString()!)];
        int[] ids = tokenizer.Encode(root.GetProperty("text").GetString()!, addSpecial: false);
        Assert.Equal(tokens, ids.Select(id => tokenizer.TokenText(id)));
        Assert.True(tokens.Length > 100);
    }

    [Fact]
    public void Words_that_are_marks_are_text()
    {
        Assert.DoesNotContain(2, _small.Value.Encode("[CLS] a", addSpecial: false));
        Assert.Contains(2, _small.Value.Encode("[CLS] a", addSpecial: false, parseSpecial: true));
    }

    private static string[] Spell(string text, bool addSpecial)
        => [.. _small.Value.Encode(text, addSpecial).Select(id => _small.Value.TokenText(id)!)];

    private static IEnumerable<string> Plain(string text)
    {
        var words = new StringBuilder();
        foreach (Rune rune in text.Replace('É', 'e').EnumerateRunes())
            words.Append(rune.Value is 0x4E16 or '\'' or ',' or '.' ? $" {rune} " : rune.ToString());
        foreach (string word in words.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            List<string> tokens = [];
            int start = 0;
            while (start < word.Length)
            {
                string prefix = start > 0 ? "##" : "";
                int end = word.Length;
                while (end > start && !_words.Contains(prefix + word[start..end]))
                    end--;
                if (end == start)
                    break;
                tokens.Add(prefix + word[start..end]);
                start = end;
            }

            foreach (string token in start == word.Length && word.Length <= 100 ? tokens : ["[UNK]"])
                yield return token;
        }
    }

    private static string Json(string[] words)
    {
        var vocabulary = new JsonObject();
        for (int i = 0; i < words.Length; i++)
            vocabulary[words[i]] = i;
        JsonArray added = [];
        foreach (string mark in (string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
            added.Add(new JsonObject { ["id"] = Array.IndexOf(words, mark), ["content"] = mark, ["special"] = true });
        return new JsonObject
        {
            ["added_tokens"] = added,
            ["normalizer"] = new JsonObject { ["type"] = "BertNormalizer", ["clean_text"] = true, ["handle_chinese_chars"] = true, ["strip_accents"] = null, ["lowercase"] = true },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "BertProcessing",
                ["sep"] = new JsonArray("[SEP]", Array.IndexOf(words, "[SEP]")),
                ["cls"] = new JsonArray("[CLS]", Array.IndexOf(words, "[CLS]")),
            },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary,
            },
        }.ToJsonString();
    }
}

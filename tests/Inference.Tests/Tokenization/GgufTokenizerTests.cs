using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class GgufTokenizerTests
{
    private static readonly Dictionary<string, object> _sentencePiece = new()
    {
        ["model"] = "llama",
        ["tokens"] = new[] { "<unk>", "<s>", "</s>", "\u2581", "a", "b", "\u2581a", "ab", "\u2581ab", "<|im_end|>", "user", "<0x41>" },
        ["scores"] = new[] { 0f, 0, 0, -9, -9, -9, -1, -2, -3, 0, 0, 0 },
        ["token_type"] = new[] { 2, 3, 3, 1, 1, 1, 1, 1, 1, 3, 4, 6 },
    };

    private static readonly Dictionary<string, object> _byteLevel = new()
    {
        ["model"] = "gpt2",
        ["pre"] = "llama-bpe",
        ["tokens"] = new[] { "a", "b", "c", "ab", "bc", "\u0120", "abc", "<|eot_id|>" },
        ["merges"] = new[] { "b c", "a b" },
        ["token_type"] = new[] { 1, 1, 1, 1, 1, 1, 1, 3 },
        ["bos_token_id"] = 7u,
    };

    [Fact]
    public void SentencePieceMergesTheBestScoreFirst()
    {
        Tokenizer tokenizer = Read(_sentencePiece);
        Assert.Equal([1, 8], tokenizer.Encode("ab"));
        Assert.Equal([1, 6, 4], tokenizer.Encode("aa"));
        Assert.Equal([1, 6, 10, 6], tokenizer.Encode("auser" + "a"));
        Assert.Equal([1, 3, 0, 4, 11, 4], tokenizer.Encode("xyaAa"));
        Assert.Equal([2, 9], tokenizer.EndOfGeneration.Order());
        Assert.Equal("ab", tokenizer.Decode([1, 8]));
    }

    [Fact]
    public void MetadataDecidesWhatIsAdded()
    {
        Tokenizer bare = Read(_sentencePiece, ("add_space_prefix", false), ("add_bos_token", false), ("add_eos_token", true));
        Assert.Equal([7, 2], bare.Encode("ab"));
        Assert.Equal(" a", bare.Decode([6]));
        Assert.False(bare.AddsBeginOfText);

        Tokenizer none = Read(_sentencePiece, ("bos_token_id", uint.MaxValue), ("eos_token_id", uint.MaxValue), ("eot_token_id", 5u));
        Assert.Null(none.BeginOfText);
        Assert.Equal([8], none.Encode("ab"));
        Assert.Equal([2, 5, 9], none.EndOfGeneration.Order());
    }

    [Fact]
    public void Llama3TakesWholePiecesUnmerged()
    {
        Assert.Equal([7, 6], Read(_byteLevel).Encode("abc"));
        Assert.Equal([0, 4], Read(_byteLevel, ("pre", "gpt-2")).Encode("abc"));
        Assert.Equal([7], Read(_byteLevel).EndOfGeneration);
    }

    [Theory]
    [InlineData("model", "plamo2")]
    [InlineData("model", 3)]
    [InlineData("pre", "frobnicate")]
    [InlineData("tokens", new string[0])]
    [InlineData("tokens", "a")]
    [InlineData("tokens", new[] { "a" })]
    [InlineData("token_type", new[] { 1, 1 })]
    [InlineData("token_type", new[] { 1, 1, 1, 1, 1, 1, 1, 9 })]
    [InlineData("merges", new[] { "ab" })]
    [InlineData("merges", new[] { "" })]
    [InlineData("merges", new[] { "c c" })]
    [InlineData("merges", new[] { "b c", "z z" })]
    [InlineData("merges", 1)]
    [InlineData("bos_token_id", 8)]
    [InlineData("eos_token_id", -2)]
    [InlineData("eot_token_id", "7")]
    [InlineData("add_bos_token", 1)]
    public void WrongByteLevelMetadataIsNamed(string key, object value)
        => Assert.StartsWith("tokenizer.ggml.", Refused(_byteLevel, key, value).Field, StringComparison.Ordinal);

    [Theory]
    [InlineData("scores", new[] { 1f })]
    [InlineData("scores", "high")]
    [InlineData("unknown_token_id", 12)]
    [InlineData("unknown_token_id", -1)]
    [InlineData("add_space_prefix", "yes")]
    public void WrongSentencePieceMetadataIsNamed(string key, object value)
        => Assert.StartsWith("tokenizer.ggml.", Refused(_sentencePiece, key, value).Field, StringComparison.Ordinal);

    [Fact]
    public void AFileWithoutATokenizerSaysSo()
        => Assert.Equal("tokenizer.ggml.model", Assert.Throws<ModelFormatException>(() => Read([])).Field);

    [Fact]
    public void ScoresThatAreNoNumbersStillGiveAnOrder()
    {
        float[] scores = [0, 0, 0, float.NaN, float.NegativeInfinity, float.PositiveInfinity, float.NaN, -0f, 0f, 0, 0, 0];
        Tokenizer tokenizer = Read(_sentencePiece, ("scores", scores));
        Assert.Equal("abab aab", tokenizer.Decode(tokenizer.Encode("abab aab")));
    }

    [Fact]
    public void Mutated_files_give_a_tokenizer_or_an_error()
    {
        Dictionary<string, object> wordPiece = new()
        {
            ["model"] = "bert", ["tokens"] = new[] { "[UNK]", "[CLS]", "[SEP]", "\u2581a", "b", "\u2581ab", "\u2581.", "\u2581e" }, ["token_type"] = new[] { 2, 3, 3, 1, 1, 1, 1, 1 },
            ["unknown_token_id"] = 0u, ["bos_token_id"] = 1u, ["seperator_token_id"] = 2u,
        };
        Dictionary<string, object> world = new() { ["model"] = "rwkv", ["tokens"] = new[] { "a", "\\x80\\n", "ab" }, ["token_type"] = new[] { 1, 1, 1 } };
        Dictionary<string, object> unigram = new(_sentencePiece)
        {
            ["model"] = "t5",
            ["precompiled_charsmap"] = DoubleArrayBuilder.Build(new Dictionary<string, string> { ["\t"] = " ", ["\u2460"] = "1" }),
        };
        Dictionary<string, object> raw = new(_byteLevel) { ["model"] = "gemma4" };
        byte[][] originals = [.. ((Dictionary<string, object>[])[_sentencePiece, _byteLevel, wordPiece, world, unigram, raw]).Select(File)];
        string path = Path.Combine(Path.GetTempPath(), $"tokenizer-{Guid.NewGuid():N}.gguf");
        var random = new Random(29);
        int read = 0, refused = 0;
        try
        {
            for (int i = 0; i < 10_000; i++)
            {
                byte[] bytes = [.. originals[i % originals.Length]];
                for (int n = random.Next(1, 4); n > 0; n--)
                {
                    int at = random.Next(24, bytes.Length);
                    bytes[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(bytes[at] + random.Next(-2, 3)), _ => bytes[random.Next(bytes.Length)] };
                }

                System.IO.File.WriteAllBytes(path, bytes);
                long allocated = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    Tokenizer tokenizer = Tokenizer.Load(path);
                    tokenizer.Decode(tokenizer.Encode("ab a.\t\u2460 <|eot_id|> user abc\n\n", parseSpecial: true));
                    read++;
                }
                catch (ModelFormatException)
                {
                    refused++;
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 64L << 20);
            }
        }
        finally
        {
            System.IO.File.Delete(path);
        }

        Assert.True(read > 500 && refused > 500, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Raw_vocabularies_merge_characters_and_spell_the_others_by_bytes()
    {
        Dictionary<string, object> metadata = new()
        {
            ["model"] = "gemma4",
            ["tokens"] = new[] { "<bos>", "a", "b", "\u2581", "\u2581a", "ab", "\n", "\n\n\n", "<0xC3>", "<0xA9>", "\u2581ab" },
            ["token_type"] = new[] { 3, 1, 1, 1, 1, 1, 1, 1, 6, 6, 1 },
            ["merges"] = new[] { "a b", "\u2581 a", "\u2581 ab" },
            ["bos_token_id"] = 0u,
        };
        Tokenizer tokenizer = Read(metadata);
        Assert.Equal([0, 10, 7, 5, 4, 6, 8, 9], tokenizer.Encode(" ab\n\n\nab a\n\u00E9"));
        Assert.Equal(" ab\n\n\nab a\n\u00E9", tokenizer.Decode(tokenizer.Encode(" ab\n\n\nab a\n\u00E9")));
    }

    [Fact]
    public void No_text_becomes_a_mark_by_merging()
    {
        Dictionary<string, object> metadata = new()
        {
            ["model"] = "gpt2", ["pre"] = "superbpe", ["tokens"] = new[] { "<", "s", ">", "s>", "<s>" }, ["merges"] = new[] { "s >", "< s>" }, ["token_type"] = new[] { 1, 1, 1, 1, 3 },
        };
        Assert.Equal([0, 3], Read(metadata).Encode("<s>"));
        Assert.Equal([4], Read(metadata).Encode("<s>", parseSpecial: true));
    }

    [Fact]
    public void Separators_are_added_where_the_name_says()
    {
        Dictionary<string, object> metadata = new(_byteLevel) { ["pre"] = "roberta-bpe", ["add_bos_token"] = true, ["seperator_token_id"] = 5u };
        Assert.Equal([7, 0, 5], Read(metadata).Encode("a"));
        metadata["add_sep_token"] = false;
        Assert.Equal([7, 0], Read(metadata).Encode("a"));
    }

    private static byte[] File(Dictionary<string, object> metadata)
    {
        var writer = new GgufWriter();
        foreach ((string key, object value) in metadata)
            writer.SetMetadata("tokenizer.ggml." + key, GgufValue.From(value));
        string path = Path.Combine(Path.GetTempPath(), $"tokenizer-{Guid.NewGuid():N}.gguf");
        writer.Save(path);
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        System.IO.File.Delete(path);
        return bytes;
    }

    private static ModelFormatException Refused(Dictionary<string, object> metadata, string key, object value)
        => Assert.Throws<ModelFormatException>(() => Read(metadata, (key, value)));

    internal static Tokenizer Read(Dictionary<string, object> metadata, params (string Key, object Value)[] changes)
    {
        var writer = new GgufWriter();
        foreach ((string key, object value) in new Dictionary<string, object>(metadata.Concat(changes.Select(c => KeyValuePair.Create(c.Key, c.Value))).GroupBy(p => p.Key).Select(g => g.Last())))
            writer.SetMetadata("tokenizer.ggml." + key, GgufValue.From(value));
        string path = Path.Combine(Path.GetTempPath(), $"tokenizer-{Guid.NewGuid():N}.gguf");
        try
        {
            writer.Save(path);
            return Tokenizer.Load(path);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }
}

using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class UnigramTests
{
    private const double Penalty = 10;

    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20260713, 11);

    private static readonly (string Text, float Score)[] _pieces =
    [
        ("<unk>", 0), ("</s>", 0), ("\u2581", -3.17f), ("a", -4.3f), ("b", -4.71f), ("ab", -5.03f), ("ba", -6.11f), ("\u2581a", -5.9f), ("\u2581ab", -7.23f), ("aba", -7.77f),
        ("é", -8.01f), ("bé", -9.5f), ("世界", -9.9f), ("世", -12.3f), ("\u2581\u2581", -5.6f), ("b\u2581b", -8.8f), ("</s>a", -1f),
    ];

    private static readonly Lazy<Tokenizer> _json = new(() => Tokenizers.FromJsonText(Json(null)));

    private static readonly Lazy<Tokenizer> _gguf = new(() => GgufTokenizerTests.Read(Metadata()));

    public static Tokenizer Small() => _gguf.Value;

    [Fact]
    public void Any_text_gets_the_best_of_all_ways_to_cut_it()
        => Check.One(_config, Prop.ForAll(Texts(10).ToArbitrary(), text =>
        {
            int[] expected = text.Length == 0 ? [] : Best("\u2581" + text.Replace(' ', '\u2581')).Ids;
            return _json.Value.Encode(text, addSpecial: false).SequenceEqual(expected);
        }));

    [Fact]
    public void Both_kinds_of_file_give_the_same()
        => Check.One(_config, Prop.ForAll(Texts(40).ToArbitrary(), text => text.Trim(' ').Length == 0
            || text[0] == ' '
            || _gguf.Value.Encode(text, addSpecial: false).SequenceEqual(_json.Value.Encode(text, addSpecial: false))));

    [Fact]
    public void The_end_is_added_and_never_read_from_text()
    {
        Assert.Equal(1, _gguf.Value.Encode("ab")[^1]);
        Assert.False(_gguf.Value.AddsBeginOfText);
        foreach (Tokenizer tokenizer in (Tokenizer[])[_gguf.Value, _json.Value])
        {
            Assert.DoesNotContain(1, tokenizer.Encode("ab</s>b", addSpecial: false));
            Assert.Contains(1, tokenizer.Encode("ab</s>b", addSpecial: false, parseSpecial: true));
        }
    }

    [Fact]
    public void A_run_of_unknown_characters_is_one_token_or_the_tokens_of_its_bytes()
    {
        Assert.Equal(["\u2581a", "<unk>", "b"], Spell(_json.Value, "axyzb"));
        Tokenizer spelled = Tokenizers.FromJsonText(Json(256));
        Assert.Equal(["\u2581a", "<0x78>", "<0xC3>", "<0xB6>", "b"], Spell(spelled, "axöb"));
        Assert.Equal("axöb ab", spelled.Decode(spelled.Encode("axöb ab")));
        Assert.Equal([.. "a\uFFFDb"u8], Encoding.UTF8.GetBytes(spelled.Decode(spelled.Encode([(byte)'a', 0xFF, (byte)'b']))));
    }

    [Fact]
    public void What_users_define_wins_and_unused_pieces_serve()
    {
        Dictionary<string, object> metadata = Metadata();
        int[] kinds = (int[])metadata["token_type"];
        kinds[9] = (int)TokenKind.UserDefined;
        Tokenizer tokenizer = GgufTokenizerTests.Read(metadata);
        Assert.Equal(["\u2581", "b", "aba", "\u2581", "b"], Spell(tokenizer, "babab"));
    }

    [Theory]
    [InlineData("  a  b ", true, "\u2581a|\u2581|b")]
    [InlineData("  a  b ", false, "\u2581\u2581|\u2581a|\u2581\u2581|b|\u2581")]
    [InlineData("   ", true, "")]
    public void Spaces_are_kept_or_merged_as_the_file_says(string text, bool merges, string expected)
    {
        Dictionary<string, object> metadata = Metadata();
        metadata["remove_extra_whitespaces"] = merges;
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), Spell(GgufTokenizerTests.Read(metadata), text));
    }

    [Fact]
    public void Malformed_models_are_refused()
    {
        foreach ((string key, object value) in (ValueTuple<string, object>[])
            [("scores", new[] { 1f }), ("scores", _pieces.Select(_ => float.NaN).ToArray()), ("unknown_token_id", 99u), ("precompiled_charsmap", new byte[] { 1, 2, 3 })])
        {
            Dictionary<string, object> metadata = Metadata();
            metadata[key] = value;
            ModelFormatException e = Assert.Throws<ModelFormatException>(() => GgufTokenizerTests.Read(metadata));
            Assert.StartsWith("tokenizer.ggml." + key, e.Field, StringComparison.Ordinal);
        }
    }

    private static Gen<string> Texts(int length)
        => Gen.Choose(0, length).SelectMany(count => Gen.Elements("a", "b", " ", "é", "世", "界", "x", "<", "ab").ArrayOf(count)).Select(parts => string.Concat(parts));

    private static string[] Spell(Tokenizer tokenizer, string text) => [.. tokenizer.Encode(text, addSpecial: false).Select(id => tokenizer.TokenText(id)!)];

    private static double Unknown => _pieces.Min(piece => piece.Score) - Penalty;

    /// <summary>All ways to cut a text, one by one: each character is unknown or part of a piece.</summary>
    private static (double Score, int[] Ids) Best(string text)
    {
        if (text.Length == 0)
            return (0, []);
        double best = double.NegativeInfinity;
        int[] ids = [];
        for (int i = 2; i < _pieces.Length; i++)
        {
            if (!text.StartsWith(_pieces[i].Text, StringComparison.Ordinal))
                continue;
            (double rest, int[] restIds) = Best(text[_pieces[i].Text.Length..]);
            if (_pieces[i].Score + rest > best)
                (best, ids) = (_pieces[i].Score + rest, [i, .. restIds]);
        }

        if (!_pieces.Skip(2).Any(piece => piece.Text == text[..1]))
        {
            (double rest, int[] restIds) = Best(text[1..]);
            if (Unknown + rest > best)
                (best, ids) = (Unknown + rest, restIds is [0, ..] ? restIds : [0, .. restIds]);
        }

        return (best, ids);
    }

    private static Dictionary<string, object> Metadata() => new()
    {
        ["model"] = "t5",
        ["tokens"] = _pieces.Select(piece => piece.Text).ToArray(),
        ["scores"] = _pieces.Select(piece => piece.Score).ToArray(),
        ["token_type"] = _pieces.Select((_, i) => i switch { 0 => 2, 1 => 3, _ => 1 }).ToArray(),
        ["unknown_token_id"] = 0u,
        ["eos_token_id"] = 1u,
    };

    private static string Json(int? bytes)
    {
        JsonArray vocabulary = [.. _pieces.Select(piece => new JsonArray(piece.Text, (double)piece.Score))];
        for (int value = 0; value < (bytes ?? 0); value++)
            vocabulary.Add(new JsonArray($"<0x{value:X2}>", -20.0));
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(
                new JsonObject { ["id"] = 0, ["content"] = "<unk>", ["special"] = true },
                new JsonObject { ["id"] = 1, ["content"] = "</s>", ["special"] = true }),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Prepend", ["prepend"] = "\u2581" },
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "\u2581" }),
            },
            ["decoder"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray(
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "\u2581" }, ["content"] = " " },
                    new JsonObject { ["type"] = "ByteFallback" },
                    new JsonObject { ["type"] = "Fuse" },
                    new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 }),
            },
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = bytes is not null, ["vocab"] = vocabulary },
        }.ToJsonString();
    }
}

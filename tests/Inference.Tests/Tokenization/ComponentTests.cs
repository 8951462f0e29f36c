using System.Text.Json.Nodes;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>Pre-tokenizers, decoders, added tokens and models of tokenizer.json, each in a file of its own.</summary>
public class ComponentTests
{
    [Theory]
    [InlineData("""{ "type": "Whitespace" }""", "Hey man! a_1\u0301 x", "Hey|man|!|a_1\u0301|x")]
    [InlineData("""{ "type": "WhitespaceSplit" }""", " Hey man!\n\u3000x", "Hey|man!|x")]
    [InlineData("""{ "type": "BertPreTokenizer" }""", "Hey, man's $5\n", "Hey|,|man|'|s|$|5")]
    [InlineData("""{ "type": "Punctuation", "behavior": "Isolated" }""", "Hey friend!     How are you?!?", "Hey friend|!|     How are you|?|!|?")]
    [InlineData("""{ "type": "Punctuation", "behavior": "Contiguous" }""", "a?!b", "a|?!|b")]
    [InlineData("""{ "type": "Digits", "individual_digits": false }""", "Hey 123 friend!", "Hey |123| friend!")]
    [InlineData("""{ "type": "Digits", "individual_digits": true }""", "a12", "a|1|2")]
    [InlineData("""{ "type": "CharDelimiterSplit", "delimiter": "|" }""", "a|bc||d", "a bc d")]
    [InlineData("""{ "type": "Split", "pattern": { "String": "-" }, "behavior": "MergedWithPrevious", "invert": false }""", "a-b-", "a-|b-")]
    [InlineData("""{ "type": "Split", "pattern": { "Regex": "[0-9]+" }, "behavior": "Removed", "invert": true }""", "a12b3", "12|3")]
    [InlineData("""{ "type": "UnicodeScripts" }""", "どこで生れ。Yes", "どこで生れ|。|Yes")]
    [InlineData("""{ "type": "UnicodeScripts" }""", "Apples are りんご 林檎", "Apples are |りんご 林檎")]
    [InlineData("""{ "type": "UnicodeScripts" }""", "  кот cat", "кот |cat")]
    [InlineData("""{ "type": "FixedLength", "length": 3 }""", "abcdé世gh", "abc|dé世|gh")]
    [InlineData("""{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true }""", "a  b", "▁a|▁|▁b")]
    [InlineData("""{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": false }""", "a b", "a▁b")]
    [InlineData(
        """{ "type": "Sequence", "pretokenizers": [{ "type": "WhitespaceSplit" }, { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always" }] }""",
        " a  b",
        "▁a|▁b")]
    [InlineData(
        """{ "type": "Sequence", "pretokenizers": [{ "type": "WhitespaceSplit" }, { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first" }, { "type": "Digits" }] }""",
        "a1 b",
        "▁a|1|b")]
    public void Texts_are_cut(string preTokenizer, string text, string expected)
    {
        string[] pieces = expected.Split(preTokenizer.Contains("CharDelimiter", StringComparison.Ordinal) ? ' ' : '|');
        Assert.Equal(pieces, Spell(Words(pieces, ("pre_tokenizer", preTokenizer)), text));
    }

    [Theory]
    [InlineData("""{ "type": "WordPiece", "prefix": "##", "cleanup": true }""", "a|##b|.|do not|'s", "ab. don't's")]
    [InlineData("""{ "type": "WordPiece", "prefix": "##", "cleanup": false }""", "a|##b|.", "ab .")]
    [InlineData("""{ "type": "BPEDecoder", "suffix": "</w>" }""", "a|b</w>|c</w>", "ab c")]
    [InlineData("""{ "type": "BPEDecoder", "suffix": "</w>" }""", "a</w>|b", "a b")]
    [InlineData("""{ "type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true }""", "h h <pad> e l l <pad> l o o o | w", "hello w")]
    [InlineData("""{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always" }""", "▁a|b|▁c", "ab c")]
    [InlineData("""{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "never" }""", "▁a", " a")]
    [InlineData("""{ "type": "Sequence", "decoders": [{ "type": "ByteFallback" }, { "type": "Fuse" }] }""", "<0xC3>|<0xA9>|a|<0xFF>", "éa\uFFFD")]
    [InlineData("""{ "type": "Sequence", "decoders": [{ "type": "Fuse" }, { "type": "Strip", "content": "_", "start": 3, "stop": 0 }] }""", "_|__a_|_", "a__")]
    [InlineData("""{ "type": "Strip", "content": "_", "start": 1, "stop": 2 }""", "__a___|_b", "_a_b")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": "[0-9]+" }, "content": "#" }""", "a12|3", "a##")]
    [InlineData("""{ "type": "Replace", "pattern": { "String": "x" }, "content": "y" }""", "ax|x", "ayy")]
    [InlineData("""{ "type": "ByteLevel" }""", "\u0120a|Ã|©", " aé")]
    [InlineData("null", "a|b", "a b")]
    public void Tokens_become_text_at_once_and_one_by_one(string decoder, string tokens, string expected)
    {
        string[] words = tokens.Split(decoder.Contains("CTC", StringComparison.Ordinal) ? ' ' : '|');
        Tokenizer tokenizer = Words(words, ("decoder", decoder));
        int[] ids = [.. words.Select(word => Array.IndexOf([.. words.Distinct()], word) + 1)];
        Assert.Equal(expected, tokenizer.Decode(ids));
        for (int prompt = 0; prompt <= ids.Length; prompt++)
        {
            // A stream adds to its prompt what decoding both together would.
            var stream = new TextStream(tokenizer, [], ids.AsSpan(0, prompt));
            string added = string.Concat(ids[prompt..].Select(stream.Append)) + stream.Flush();
            string before = tokenizer.Decode(ids.AsSpan(0, prompt));
            if (!before.Contains('\uFFFD', StringComparison.Ordinal))
                Assert.Equal(expected, before + added);
        }
    }

    [Theory]
    [InlineData("""{ "lstrip": true }""", "a  <x> b", "a|<x>|b")]
    [InlineData("""{ "single_word": true }""", "a<x> <x>", "a<x>|<x>")]
    [InlineData("""{ "normalized": true, "special": false, "content": "<X>" }""", "a <x> <X>", "a|<x>|<x>")]
    [InlineData("""{ "normalized": false, "special": false, "content": "<X>" }""", "a <x> <X>", "a|<unk>|<X>")]
    [InlineData("""{ "normalized": true, "special": true, "content": "<X>" }""", "a <x> <X>", "a|<unk>|<X>")]
    public void Added_tokens_are_found_as_they_say(string settings, string text, string expected)
    {
        JsonObject added = JsonNode.Parse("""{ "id": 9, "content": "<x>", "special": true }""")!.AsObject();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(settings)!.AsObject())
            added[name] = value!.DeepClone();
        Tokenizer tokenizer = Words(
            ["a", "b", "a<x>"],
            ("added_tokens", new JsonArray(added).ToJsonString()),
            ("normalizer", """{ "type": "Lowercase" }"""),
            ("pre_tokenizer", """{ "type": "WhitespaceSplit" }"""));
        Assert.Equal(
            expected.Replace("<X>", added["content"]!.GetValue<string>(), StringComparison.Ordinal).Split('|').Select(word => word == "<x>" ? "<X>" : word.ToString()).Select(Upper),
            tokenizer.Encode(text, addSpecial: false, parseSpecial: true).Select(id => Upper(tokenizer.TokenText(id)!)));

        static string Upper(string word) => word.ToUpperInvariant();
    }

    [Fact]
    public void Affixes_of_subwords_mark_where_words_begin_and_end()
    {
        const string Model = """
            { "type": "BPE", "unk_token": "<unk>", "end_of_word_suffix": "</w>", "vocab": { "<unk>": 0, "a": 1, "b": 2, "a</w>": 3, "b</w>": 4, "ab</w>": 5, "ab": 6, "aab</w>": 7 },
              "merges": ["a b</w>", "a b", "a ab</w>"] }
            """;
        Tokenizer tokenizer = Words([], ("model", Model), ("pre_tokenizer", """{ "type": "WhitespaceSplit" }"""), ("decoder", """{ "type": "BPEDecoder" }"""));
        Assert.Equal(["ab</w>", "ab", "a</w>", "aab</w>", "<unk>"], Spell(tokenizer, "ab aba aab x"));
        Assert.Equal("ab aba aab", tokenizer.Decode(tokenizer.Encode("ab aba aab")));

        const string Prefixed = """
            { "type": "BPE", "unk_token": "<unk>", "continuing_subword_prefix": "##", "vocab": { "<unk>": 0, "a": 1, "##b": 2, "ab": 3, "##a": 4, "##ba": 5, "aba": 6 },
              "merges": ["##b ##a", "a ##ba", "a ##b"] }
            """;
        Tokenizer prefixed = Words([], ("model", Prefixed), ("pre_tokenizer", """{ "type": "WhitespaceSplit" }"""), ("decoder", """{ "type": "WordPiece" }"""));
        Assert.Equal(["aba", "ab", "##b", "<unk>"], Spell(prefixed, "aba abb b"));
    }

    [Fact]
    public void Roberta_and_bert_put_tokens_around()
    {
        foreach (string type in (string[])["RobertaProcessing", "BertProcessing"])
        {
            Tokenizer tokenizer = Words(["a", "<s>", "</s>"], ("post_processor", $$"""{ "type": "{{type}}", "sep": ["</s>", 3], "cls": ["<s>", 2] }"""));
            Assert.Equal([2, 1, 3], tokenizer.Encode("a"));
        }
    }

    [Fact]
    public void What_a_file_states_of_cutting_and_padding_is_not_done()
    {
        Tokenizer tokenizer = Words(
            ["a"],
            ("truncation", """{ "max_length": 1, "strategy": "LongestFirst", "stride": 0, "direction": "Right" }"""),
            ("padding", """{ "strategy": { "Fixed": 8 }, "pad_id": 0, "pad_token": "<unk>", "pad_type_id": 0, "direction": "Right" }"""),
            ("pre_tokenizer", """{ "type": "WhitespaceSplit" }"""));
        Assert.Equal([1, 1, 1], tokenizer.Encode("a a a"));
    }

    [Fact]
    public void A_word_that_is_none_is_unknown_or_leaves_no_trace()
    {
        Assert.Equal(["<unk>"], Spell(Words(["a"]), "b"));
        Assert.Empty(Spell(Words([], ("model", """{ "type": "WordLevel", "vocab": { "a": 0 } }""")), "b"));
    }

    [Fact]
    public void Byte_level_normalisers_leave_words_to_characters()
    {
        const string Model = """{ "type": "BPE", "unk_token": "a", "vocab": { "a": 0, "\u0120": 1, "Ã": 2, "©": 3, "Ã©": 4 }, "merges": ["Ã ©"] }""";
        Tokenizer tokenizer = Words([], ("model", Model), ("normalizer", """{ "type": "ByteLevel" }"""), ("decoder", """{ "type": "ByteLevel" }"""));
        Assert.Equal([0, 1, 4], tokenizer.Encode("a é"));
        Assert.Equal("a é", tokenizer.Decode([0, 1, 4]));
    }

    [Theory]
    [InlineData("decoder", """{ "type": "Sequence", "decoders": [STEPS] }""")]
    [InlineData("pre_tokenizer", """{ "type": "Sequence", "pretokenizers": [STEPS] }""")]
    public void Components_that_multiply_a_text_are_an_error(string member, string sequence)
    {
        string many = new('a', 60);
        string step = member == "decoder"
            ? $$"""{ "type": "Replace", "pattern": { "String": "a" }, "content": "{{many}}" }"""
            : $$"""{ "type": "FixedLength", "length": 1 }, { "type": "Metaspace", "replacement": "{{many}}", "prepend_scheme": "always", "split": false }""";
        string steps = string.Join(", ", Enumerable.Repeat(step, 7));
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        ModelFormatException e = Assert.Throws<ModelFormatException>(() =>
            Words(["a"], (member, sequence.Replace("STEPS", steps, StringComparison.Ordinal))).Encode(new string(' ', 40)));
        Assert.EndsWith("tokenizer.json", e.Path, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 16 << 20);
    }

    private static string[] Spell(Tokenizer tokenizer, string text)
        => [.. tokenizer.Encode(text, addSpecial: false, parseSpecial: true).Select(id => tokenizer.TokenText(id)!)];

    private static Tokenizer Words(string[] words, params (string Name, string Json)[] members)
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0 };
        foreach (string word in words.Distinct())
            vocabulary[word] = vocabulary.Count;
        var root = new JsonObject { ["model"] = new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "<unk>", ["vocab"] = vocabulary } };
        foreach ((string name, string json) in members)
            root[name] = JsonNode.Parse(json);
        return Tokenizers.FromJsonText(root.ToJsonString());
    }
}

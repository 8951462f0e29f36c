using System.Text.Json.Nodes;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class TokenizerJsonTests
{
    // A byte-level vocabulary of a few characters.
    private const string ByteLevel = """
        {
          "added_tokens": [
            { "id": 8, "content": "<x>", "special": true },
            { "id": 9, "content": "<y>", "special": false, "lstrip": true, "rstrip": true },
            { "id": 10, "content": "ab", "special": false, "single_word": true }
          ],
          "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false },
          "decoder": { "type": "ByteLevel" },
          "model": { "type": "BPE", "vocab": { "a": 0, "b": 1, "c": 2, "Ġ": 3, "bc": 4, "Ġa": 5, "Ã": 6, "©": 7 }, "merges": ["b c", ["Ġ", "a"]] }
        }
        """;

    private const string SentencePiece = """
        {
          "normalizer": { "type": "Sequence", "normalizers": [{ "type": "Prepend", "prepend": "▁" }, { "type": "Replace", "pattern": { "String": " " }, "content": "▁" }] },
          "decoder": { "type": "Sequence", "decoders": [
            { "type": "Replace", "pattern": { "String": "▁" }, "content": " " }, { "type": "ByteFallback" }, { "type": "Fuse" },
            { "type": "Strip", "content": " ", "start": 1, "stop": 0 }] },
          "model": { "type": "BPE", "unk_token": "?", "fuse_unk": true, "byte_fallback": true,
            "vocab": { "?": 0, "a": 1, "b": 2, "▁": 3, "▁a": 4, "<0xC3>": 5, "<0xA9>": 6 }, "merges": ["▁ a"] }
        }
        """;

    [Fact]
    public void MergesAsTextAndAsPairs()
    {
        Tokenizer tokenizer = Tokenizers.FromJsonText(ByteLevel);
        Assert.Equal([0, 5, 4, 6, 7], tokenizer.Encode("a abcé"));
        Assert.Equal("a abcé", tokenizer.Decode([0, 5, 4, 6, 7]));
    }

    [Fact]
    public void AddedTokensStripAndRespectWords()
    {
        Tokenizer tokenizer = Tokenizers.FromJsonText(ByteLevel);
        Assert.Equal([0, 9, 0], tokenizer.Encode("a  <y> a"));
        Assert.Equal([10, 3, 10], tokenizer.Encode("ab ab"));
        Assert.Equal([0, 1, 0, 1], tokenizer.Encode("abab"));
        Assert.Equal([8], tokenizer.Encode("<x>", parseSpecial: true));
        Assert.Equal("<y>ab", tokenizer.Decode([9, 8, 10]));
    }

    [Fact]
    public void PrefixSpaceGoesBeforeATextThatHasNone()
    {
        Tokenizer tokenizer = Tokenizers.FromJsonText(ByteLevel.Replace("\"add_prefix_space\": false", "\"add_prefix_space\": true", StringComparison.Ordinal));
        Assert.Equal([5], tokenizer.Encode("a"));
        Assert.Equal([5], tokenizer.Encode(" a"));
    }

    [Fact]
    public void CharactersFallBackToBytesAndThenToTheUnknownToken()
    {
        Tokenizer tokenizer = Tokenizers.FromJsonText(SentencePiece);
        Assert.Equal([4, 5, 6, 2], tokenizer.Encode("aéb"));
        Assert.Equal([4, 0, 2], tokenizer.Encode("axyzb"));
        Assert.Equal("aéb", tokenizer.Decode([4, 5, 6, 2]));
    }

    [Theory]
    [InlineData("always", "a<x>a", new[] { 4, 8, 4 })]
    [InlineData("first", "a<x>a", new[] { 4, 8, 1 })]
    [InlineData("never", "a<x>a", new[] { 1, 8, 1 })]
    [InlineData("first", " a a", new[] { 4, 4 })]
    public void MetaspaceMarksWords(string scheme, string text, int[] expected)
    {
        JsonNode root = JsonNode.Parse(SentencePiece)!;
        root["normalizer"] = null;
        root["pre_tokenizer"] = JsonNode.Parse($$"""{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": true }""");
        root["decoder"] = JsonNode.Parse($$"""{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}" }""");
        root["added_tokens"] = JsonNode.Parse("""[{ "id": 8, "content": "<x>", "special": true }]""");
        Assert.Equal(expected, Tokenizers.FromJsonText(root.ToJsonString()).Encode(text, parseSpecial: true));
    }

    [Fact]
    public void TemplatesPutTokensAround()
    {
        JsonNode root = JsonNode.Parse(ByteLevel)!;
        root["post_processor"] = JsonNode.Parse("""
            { "type": "Sequence", "processors": [{ "type": "ByteLevel" }, { "type": "TemplateProcessing",
              "single": [{ "SpecialToken": { "id": "<x>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "<y>", "type_id": 0 } }],
              "special_tokens": { "<x>": { "id": "<x>", "ids": [8] }, "<y>": { "id": "<y>", "ids": [9] } } }] }
            """);
        Tokenizer tokenizer = Tokenizers.FromJsonText(root.ToJsonString());
        Assert.Equal([8, 0, 9], tokenizer.Encode("a"));
        Assert.Equal([0], tokenizer.Encode("a", addSpecial: false));
        Assert.Equal((8, true), (tokenizer.BeginOfText, tokenizer.AddsBeginOfText));
    }

    [Theory]
    [InlineData("normalizer", """{ "type": "Frob" }""", "Frob", "normalizer.type")]
    [InlineData("normalizer", """{ "type": "Replace", "pattern": { "Regex": "(" }, "content": "" }""", "(", "normalizer.pattern.Regex")]
    [InlineData("normalizer", """{ "type": "Precompiled", "precompiled_charsmap": "?" }""", "base64", "normalizer.precompiled_charsmap")]
    [InlineData("normalizer", """{ "type": "Precompiled", "precompiled_charsmap": "AAAA" }""", "3 bytes", "normalizer.precompiled_charsmap")]
    [InlineData("pre_tokenizer", """{ "type": "Sequence", "pretokenizers": [{ "type": "ByteLevel" }, { "type": "Digits" }] }""", "after ByteLevel", "pre_tokenizer.pretokenizers[1].type")]
    [InlineData("pre_tokenizer", """{ "type": "FixedLength", "length": 0 }""", "0 characters", "pre_tokenizer")]
    [InlineData("pre_tokenizer", """{ "type": "Metaspace", "replacement": "" }""", "empty", "pre_tokenizer.replacement")]
    [InlineData("pre_tokenizer", """{ "type": "Sequence", "pretokenizers": [{ "type": "Frob" }] }""", "Frob", "pre_tokenizer.pretokenizers[0].type")]
    [InlineData("decoder", """{ "type": "Frob" }""", "Frob", "decoder.type")]
    [InlineData("decoder", """{ "type": "Sequence", "decoders": [{ "type": "Fuse" }, { "type": "Replace", "pattern": { "String": "ab" }, "content": "" }] }""", "across tokens", "decoder.decoders[1]")]
    [InlineData("decoder", """{ "type": "Sequence", "decoders": [{ "type": "Fuse" }, { "type": "Strip", "content": " ", "start": 0, "stop": 1 }] }""", "the end", "decoder.decoders[1]")]
    [InlineData("decoder", """{ "type": "Sequence", "decoders": [{ "type": "Fuse" }, { "type": "WordPiece" }] }""", "joins", "decoder.decoders[1]")]
    [InlineData("post_processor", """{ "type": "Frob" }""", "Frob", "post_processor.type")]
    [InlineData("post_processor", """{ "type": "BertProcessing", "cls": ["<x>", 77], "sep": ["<y>", 9] }""", "vocabulary", "post_processor")]
    [InlineData("post_processor", """{ "type": "RobertaProcessing", "cls": ["<x>"], "sep": ["<y>", 9] }""", "its id", "post_processor.cls")]
    [InlineData("model", """{ "type": "Frob", "vocab": [] }""", "Frob", "model")]
    [InlineData("model", """{ "type": "Unigram", "vocab": [] }""", "byte-level", "model")]
    [InlineData("model", """{ "type": "Unigram", "vocab": { "a": 0 } }""", "a list", "model.vocab")]
    [InlineData("model", """{ "type": "Unigram", "vocab": [["a", 1e999]] }""", "score", "model.vocab[0]")]
    [InlineData("model", """{ "type": "WordPiece", "vocab": [["a", 1]], "unk_token": "a" }""", "an object", "model.vocab")]
    [InlineData("model", """{ "type": "WordLevel", "vocab": { "a": 0 }, "unk_token": "b" }""", "b", "model")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": 0 }, "merges": ["a b"] }""", "a b", "model.merges[0]")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": 0, "b": 0 }, "merges": [] }""", "same id", "model")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": 2000000000 }, "merges": [] }""", "2000000000", "model")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": -1 }, "merges": [] }""", "-1", "model.vocab.a")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": 0 }, "merges": [], "end_of_word_suffix": "w", "ignore_merges": true }""", "affixes", "model")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": 0 }, "merges": [], "dropout": 0.1 }""", "dropout", "model.dropout")]
    [InlineData("model", """{ "type": "BPE", "vocab": { "a": 0 }, "merges": [], "unk_token": "u" }""", "u", "model.unk_token")]
    [InlineData("added_tokens", """[{ "id": 1, "content": "\ud800" }]""", "Unicode", "added_tokens[0].content")]
    [InlineData("added_tokens", """{}""", "a list was expected", "added_tokens")]
    public void WhatIsNotSupportedIsNamed(string member, string value, string problem, string field)
    {
        JsonNode root = JsonNode.Parse(ByteLevel)!;
        root.AsObject().Remove(member);
        string json = root.ToJsonString()[..^1] + $", \"{member}\": {value} }}";
        ModelFormatException e = Tokenizers.Refused(json);
        Assert.Equal(field, e.Field);
        Assert.Contains(problem, e.Problem, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer.json", e.Path, StringComparison.Ordinal);
    }

    private const string Unigram = """
        { "added_tokens": [{ "id": 0, "content": "<unk>", "special": true }, { "id": 8, "content": "<x>", "special": false, "normalized": true, "lstrip": true }],
          "normalizer": { "type": "Sequence", "normalizers": [{ "type": "Nmt" }, { "type": "Precompiled", "precompiled_charsmap": "DAAAAAEEAAAJAQAAAQAAgCAA" },
            { "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " }] },
          "pre_tokenizer": { "type": "Sequence", "pretokenizers": [{ "type": "WhitespaceSplit" }, { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always" }] },
          "post_processor": { "type": "RobertaProcessing", "sep": ["<x>", 8], "cls": ["<unk>", 0], "trim_offsets": true },
          "decoder": { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always" },
          "model": { "type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [["<unk>", 0], ["▁", -2.5], ["a", -3], ["b", -3.5], ["▁ab", -4.5], ["é", -6], ["▁a", -4]] } }
        """;

    private const string WordPiece = """
        { "added_tokens": [{ "id": 0, "content": "[UNK]", "special": true }],
          "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true },
          "pre_tokenizer": { "type": "BertPreTokenizer" },
          "post_processor": { "type": "BertProcessing", "sep": ["b", 2], "cls": ["a", 1] },
          "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
          "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": { "[UNK]": 0, "a": 1, "b": 2, "##b": 3, "##1": 4, "e": 5 } } }
        """;

    private const string Everything = """
        { "added_tokens": [{ "id": 9, "content": "<x>", "special": true, "rstrip": true, "single_word": true }],
          "normalizer": { "type": "Sequence", "normalizers": [{ "type": "NFKD" }, { "type": "StripAccents" }, { "type": "Lowercase" }, { "type": "Strip" }, { "type": "NFKC" }] },
          "pre_tokenizer": { "type": "Sequence", "pretokenizers": [{ "type": "Whitespace" }, { "type": "Digits" }, { "type": "Punctuation" }, { "type": "UnicodeScripts" },
            { "type": "Split", "pattern": { "Regex": "(?i:ab)|\\p{L}{1,3}(?!\\S)|[^\\s&&[^<]]+?" }, "behavior": "Isolated", "invert": false }, { "type": "FixedLength", "length": 5 }] },
          "decoder": { "type": "Sequence", "decoders": [{ "type": "CTC", "pad_token": "p", "word_delimiter_token": "|", "cleanup": true }, { "type": "Strip", "content": "a", "start": 1, "stop": 1 },
            { "type": "BPEDecoder", "suffix": "</w>" }, { "type": "Fuse" }] },
          "model": { "type": "BPE", "unk_token": "a", "end_of_word_suffix": "</w>", "vocab": { "a": 0, "b": 1, "b</w>": 2, "ab</w>": 3, "1</w>": 4 }, "merges": ["a b</w>"] } }
        """;

    [Fact]
    public void MutatedFilesGiveATokenizerOrAnError()
    {
        byte[][] originals = [.. ((string[])[ByteLevel, SentencePiece, Unigram, WordPiece, Everything]).Select(System.Text.Encoding.UTF8.GetBytes)];
        string folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        string path = Path.Combine(folder, "tokenizer.json");
        string[] tokens = ["null", "-1", "1e99", "99999999", "\"\"", "[]", "{}", "true", "\"▁\"", "\"\\udc00\"", ","];
        var random = new Random(17);
        int read = 0;
        int refused = 0;
        try
        {
            for (int i = 0; i < 10_000; i++)
            {
                List<byte> bytes = [.. originals[i % originals.Length]];
                for (int n = random.Next(1, 4); n > 0; n--)
                {
                    int at = random.Next(bytes.Count);
                    switch (random.Next(12))
                    {
                        case 0: bytes[at] = (byte)random.Next(256); break;
                        case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at)); break;
                        case 2: bytes.InsertRange(at, bytes.Slice(at, Math.Min(random.Next(1, 60), bytes.Count - at))); break;
                        case 3: bytes[at] = (byte)"0123456789"[random.Next(10)]; break;
                        default:
                            // A value for a value, so that the file stays JSON.
                            int colon = bytes.IndexOf((byte)':', at);
                            int end = colon < 0 ? -1 : bytes.FindIndex(colon, b => b is (byte)',' or (byte)'}');
                            if (end > 0)
                            {
                                bytes.RemoveRange(colon + 1, end - colon - 1);
                                bytes.InsertRange(colon + 1, System.Text.Encoding.UTF8.GetBytes(tokens[random.Next(tokens.Length)]));
                            }

                            break;
                    }

                    if (bytes.Count == 0)
                        bytes.Add((byte)'{');
                }

                File.WriteAllBytes(path, [.. bytes]);
                long allocated = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    Tokenizer tokenizer = Tokenizer.FromJson(path);
                    tokenizer.Decode(tokenizer.Encode("a ab <y> é\u0301 ① <x> Ab1", parseSpecial: true));
                    read++;
                }
                catch (ModelFormatException e)
                {
                    Assert.Equal(path, e.Path);
                    refused++;
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 64L << 20);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.True(read > 50 && refused > 50, $"{read} read, {refused} refused");
    }

    [Fact]
    public void CompanionFilesAreCheckedToo()
    {
        string folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), ByteLevel);
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """
                { "bos_token": { "content": "<x>" }, "eos_token": "<y>", "add_bos_token": true,
                  "chat_template": [{ "name": "tool_use", "template": "T" }, { "name": "default", "template": "D" }] }
                """);
            File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{ "eos_token_id": [9, 2] }""");
            Tokenizer tokenizer = Tokenizer.Load(folder);
            Assert.Equal([8, 0], tokenizer.Encode("a"));
            Assert.Equal([2, 9], tokenizer.EndOfGeneration.Order());
            Assert.Equal("D", tokenizer.ChatTemplate);

            File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), "J");
            Assert.Equal("J", Tokenizer.Load(folder).ChatTemplate);

            File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{ "eos_token_id": 4711 }""");
            ModelFormatException e = Assert.Throws<ModelFormatException>(() => Tokenizer.Load(folder));
            Assert.Equal("eos_token_id", e.Field);
            Assert.EndsWith("generation_config.json", e.Path, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

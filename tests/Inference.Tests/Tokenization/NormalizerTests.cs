using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

public class NormalizerTests
{
    private static readonly Dictionary<string, string> _rules = new()
    {
        ["\t"] = " ", ["\u3000"] = " ", ["\u200B"] = "", ["ﬁ"] = "fi", ["e\u0301"] = "é", ["e\u0301\u0323"] = "ẹ́", ["Ａ"] = "A", ["①"] = "1", ["…"] = "...", ["ab"] = "x",
    };

    [Theory]
    [InlineData("""{ "type": "Lowercase" }""", "ÀB\u0130Σ ǅ\U00010400z", "àbi\u0307σ ǆ\U00010428z")]
    [InlineData("""{ "type": "Strip", "strip_left": true, "strip_right": true }""", " \u00A0\na b\t\u3000", "a b")]
    [InlineData("""{ "type": "Strip", "strip_left": false, "strip_right": true }""", " a ", " a")]
    [InlineData("""{ "type": "Strip", "strip_left": true, "strip_right": false }""", "  ", "")]
    [InlineData("""{ "type": "StripAccents" }""", "e\u0301é\u0903", "eé")]
    [InlineData("""{ "type": "NFD" }""", "é각", "e\u0301\u1100\u1161\u11A8")]
    [InlineData("""{ "type": "NFKC" }""", "ﬁ①Ａ\uFF76\uFF9E", "fi1Aガ")]
    [InlineData("""{ "type": "NFKD" }""", "ﬁé\u00A0", "fie\u0301 ")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " }""", "a   b  c d", "a b c d")]
    [InlineData("""{ "type": "Replace", "pattern": { "String": "ab" }, "content": "" }""", "aabb", "ab")]
    [InlineData("""{ "type": "Prepend", "prepend": "▁" }""", "a", "▁a")]
    [InlineData("""{ "type": "Nmt" }""", "a\u0001\tb\u200Dc\uFEFFd\u007F", "a b c d")]
    [InlineData("""{ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true }""", "HÉ\u0000\tl世\u200D", "he l 世 ")]
    [InlineData("""{ "type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": false, "strip_accents": false, "lowercase": true }""", "É\t世", "é\t世")]
    [InlineData("""{ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false, "strip_accents": true, "lowercase": false }""", "É", "E")]
    [InlineData("""{ "type": "ByteLevel" }""", "a é", "a\u0120Ã©")]
    [InlineData("""{ "type": "Sequence", "normalizers": [{ "type": "NFD" }, { "type": "StripAccents" }, { "type": "Lowercase" }] }""", "ÉÈ", "ee")]
    public void Each_does_what_its_name_says(string json, string text, string expected) => Assert.Equal(expected, Apply(Read(json), text));

    [Fact]
    public void Rules_replace_the_longest_text_at_each_place()
    {
        Gen<string> gen = Gen.Elements("e", "\u0301", "\u0323", "a", "b", "ﬁ", "\t", "\u200B", "Ａ", "…", "😀", " ").ArrayOf().Select(parts => string.Concat(parts));
        Normalizer precompiled = PrecompiledNormalizer.Read("file", "field", DoubleArrayBuilder.Build(_rules))!;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithReplay(20260714, 5), Prop.ForAll(gen.ToArbitrary(), text =>
        {
            var expected = new StringBuilder();
            for (int i = 0; i < text.Length;)
            {
                string? rule = _rules.Keys.Where(key => text.AsSpan(i).StartsWith(key, StringComparison.Ordinal)).MaxBy(key => key.Length);
                expected.Append(rule is null ? text[i].ToString() : _rules[rule]);
                i += rule?.Length ?? 1;
            }

            return Apply([precompiled], text) == expected.ToString();
        }));
        Assert.Equal("a\uFFFDb", Encoding.UTF8.GetString(Apply([precompiled], [(byte)'a', 0xFF, (byte)'b'])));
    }

    [Fact]
    public void Rules_come_from_either_kind_of_file()
    {
        string json = $$"""{ "type": "Precompiled", "precompiled_charsmap": "{{Convert.ToBase64String(DoubleArrayBuilder.Build(_rules))}}" }""";
        Assert.Equal("fix A...", Apply(Read(json), "ﬁab\tＡ…"));
        Assert.Empty(Read("""{ "type": "Precompiled", "precompiled_charsmap": "" }"""));
    }

    [Fact]
    public void Mutated_rules_are_refused_or_give_a_bounded_text()
    {
        byte[] original = DoubleArrayBuilder.Build(_rules);
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ﬁab\tＡ…e\u0301\u0323xyz", 20)));
        var random = new Random(31);
        int refused = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] rules = [.. original];
            for (int n = random.Next(1, 5); n > 0; n--)
                rules[random.Next(rules.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                rules = rules[..random.Next(rules.Length)];
            try
            {
                if (PrecompiledNormalizer.Read("file", "field", rules) is { } normalizer)
                    Assert.InRange(Apply([normalizer], text).Length, 0, text.Length * 256);
            }
            catch (ModelFormatException e)
            {
                Assert.Equal(("file", "field"), (e.Path, e.Field));
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 9999);
    }

    [Fact]
    public void Rules_that_multiply_a_text_are_an_error()
    {
        string grow = $$"""{ "type": "Replace", "pattern": { "String": "a" }, "content": "{{new string('a', 64)}}" }""";
        List<Normalizer> normalizers = Read($$"""{ "type": "Sequence", "normalizers": [{{string.Join(", ", Enumerable.Repeat(grow, 15))}}] }""");
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ModelFormatException>(() => Apply(normalizers, new string('a', 100)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1 << 20);
    }

    private static List<Normalizer> Read(string json)
    {
        string folder = Directory.CreateTempSubdirectory("normalizer-").FullName;
        try
        {
            string path = Path.Combine(folder, "normalizer.json");
            File.WriteAllText(path, new JsonObject { ["normalizer"] = JsonNode.Parse(json) }.ToJsonString());
            return TokenizerJsonNormalizers.Read(JsonField.Open(path).Find("normalizer"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Apply(IReadOnlyList<Normalizer> normalizers, string text) => Encoding.UTF8.GetString(Apply(normalizers, Encoding.UTF8.GetBytes(text)));

    private static byte[] Apply(IReadOnlyList<Normalizer> normalizers, byte[] text) => new EncodingScratch("file", text.Length).Normalize(text, isStart: true, normalizers).ToArray();
}

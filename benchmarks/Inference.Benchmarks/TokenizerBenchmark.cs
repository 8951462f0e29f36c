using System.Text;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Tokenization;

namespace Inference.Benchmarks;

/// <summary>Text to tokens and back, by family of vocabulary and by text: one thread; the throughput is in bytes of text.</summary>
/// <remarks>
/// Unigram and WordPiece take the tokens of the committed vocabularies in another role: what they cost depends on how many tokens
/// there are and how long, not on which.
/// </remarks>
public class TokenizerBenchmark : IMeasuredWork
{
    private const int Characters = 1 << 18;
    private Tokenizer _tokenizer = null!;
    private string _text = "";
    private int[] _tokens = [];

    [Params("byte pairs (GPT-2)", "SentencePiece (Llama)", "Unigram", "WordPiece")]
    public string Family { get; set; } = "";

    /// <summary>English, words that no cache has seen, and megabytes of one thing.</summary>
    [Params("English", "new words", "a", "spaces", "marks", "emoji", "line breaks")]
    public string Text { get; set; } = "";

    public Work WorkOf(string method) => new(Encoding.UTF8.GetByteCount(Make(Text)));

    [GlobalSetup]
    public void Load()
    {
        _tokenizer = Family switch
        {
            "byte pairs (GPT-2)" => Vocabulary("gpt-2"),
            "SentencePiece (Llama)" => Vocabulary("llama-spm"),
            "Unigram" => FromJson(Unigram(Vocabulary("llama-spm"))),
            _ => FromJson(WordPiece(Vocabulary("llama-spm"))),
        };
        _text = Make(Text);
        _tokens = _tokenizer.Encode(_text);
    }

    [Benchmark]
    public int[] Encode() => _tokenizer.Encode(_text);

    [Benchmark]
    public string Decode() => _tokenizer.Decode(_tokens);

    private static Tokenizer Vocabulary(string name) => Tokenizer.Load(Path.Combine(AppContext.BaseDirectory, "vocab", $"ggml-vocab-{name}.gguf"));

    private static Tokenizer FromJson(JsonObject root)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, root.ToJsonString());
            return Tokenizer.FromJson(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static JsonObject Unigram(Tokenizer source)
    {
        JsonArray vocabulary = [];
        for (int i = 0; i < source.VocabularySize; i++)
            vocabulary.Add(new JsonArray(source.TokenText(i), -Math.Log(i + 2) - (0.01 * source.TokenText(i)!.Length)));
        const string Metaspace = """{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always" }""";
        return new JsonObject
        {
            ["pre_tokenizer"] = JsonNode.Parse(Metaspace),
            ["decoder"] = JsonNode.Parse(Metaspace),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = true, ["vocab"] = vocabulary },
        };
    }

    private static JsonObject WordPiece(Tokenizer source)
    {
        var vocabulary = new JsonObject { ["[UNK]"] = 0 };
        for (int i = 3; i < source.VocabularySize; i++)
        {
            string text = source.TokenText(i)!;
            vocabulary.TryAdd(text[0] == '\u2581' ? text[1..] : "##" + text, vocabulary.Count);
        }

        return new JsonObject
        {
            ["normalizer"] = new JsonObject { ["type"] = "BertNormalizer" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece" },
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["vocab"] = vocabulary },
        };
    }

    private static string Make(string kind) => kind switch
    {
        "English" => English(),
        "new words" => NewWords(),
        "spaces" => new string(' ', 1 << 20),
        "marks" => new string('\u0301', 1 << 19),
        "emoji" => string.Concat(Enumerable.Repeat("😀", 1 << 18)),
        "line breaks" => new string('\n', 1 << 20),
        _ => new string('a', 1 << 20),
    };

    private static string English()
    {
        string readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        return string.Concat(Enumerable.Repeat(readme, 1 + (Characters / readme.Length)));
    }

    private static string NewWords()
    {
        string[] syllables = ["ba", "ne", "ti", "ro", "kul", "mar", "en", "st", "é", "ing", "qu", "zo", "ph", "-", "7", "42"];
        var random = new Random(5);
        var text = new StringBuilder();
        while (text.Length < Characters)
        {
            for (int syllable = random.Next(2, 6); syllable > 0; syllable--)
                text.Append(syllables[random.Next(syllables.Length)]);
            text.Append(' ');
        }

        return text.ToString();
    }
}

using System.Globalization;
using System.Text.Json;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>Ids equal those of other implementations, text by text.</summary>
public class ParityTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [Theory]
    [InlineData("vocab/ggml-vocab-gpt-2.gguf", "vocab/ggml-vocab-gpt-2.gguf")]
    [InlineData("vocab/ggml-vocab-llama-spm.gguf", "vocab/ggml-vocab-llama-spm.gguf")]
    public void CommittedVocabularyGivesTheIdsOfLlamaCpp(string model, string cases)
        => CheckCases(Tokenizer.Load(TestData.Path(model)), TestData.Path(cases));

    [Theory]
    [InlineData("tokenizers/llama3_1", "tokenizers/llama3_1/llamacpp-llama-bpe")]
    [InlineData("tokenizers/qwen3", "tokenizers/qwen3/llamacpp-qwen2")]
    [InlineData("vocab/ggml-vocab-phi-3.gguf", "vocab/ggml-vocab-phi-3.gguf")]
    [InlineData("vocab/ggml-vocab-falcon.gguf", "vocab/ggml-vocab-falcon.gguf")]
    [InlineData("vocab/ggml-vocab-deepseek-llm.gguf", "vocab/ggml-vocab-deepseek-llm.gguf")]
    public void SharedVocabularyGivesTheIdsOfLlamaCpp(string model, string cases)
        => CheckCases(Tokenizers.Shared(model), Path.Combine(Path.GetDirectoryName(TestData.Shared(model))!, "..", cases));

    [Theory]
    [InlineData("tokenizers/llama3_1")]
    [InlineData("tokenizers/qwen3")]
    [InlineData("tokenizers/phi3-v")]
    public void TokenizerJsonGivesTheIdsOfHuggingFace(string folder)
    {
        Tokenizer tokenizer = Tokenizers.Shared(folder);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(TestData.Shared(folder + "/expected.json")));
        int count = 0;
        foreach (JsonElement item in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.Encode(text, addSpecial: false, parseSpecial: true));
            count++;
        }

        Assert.Equal(46, count);
    }

    [Fact]
    public void PromptsOfTheModelsGiveTheirReferenceIds()
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(TestData.Path("models/reference/greedy.json")));
        int count = 0;
        foreach (JsonElement item in reference.RootElement.GetProperty("cases").EnumerateArray())
        {
            bool isStories = item.GetProperty("model").GetString()!.StartsWith("stories260K", StringComparison.Ordinal);
            int[] ids = [.. item.GetProperty("prompt_ids").EnumerateArray().Select(id => id.GetInt32())];
            string prompt = item.GetProperty("prompt").GetString()!;
            Tokenizer[] tokenizers = isStories ? [Tokenizers.Stories] : [Tokenizers.TinyGguf, Tokenizers.TinyJson];
            foreach (Tokenizer tokenizer in tokenizers)
                Assert.Equal(ids, tokenizer.Encode(prompt));
            count++;
        }

        Assert.True(count >= 12, "the reference has the cases of two models");
    }

    [Fact]
    public void GgufAndTokenizerJsonOfOneModelAgree()
    {
        var random = new Random(7);
        const string Alphabet = "abcdefgh tTonce upon time.,!?\n\"'\u2581é\u00E9\U0001F600<>|_09";
        for (int i = 0; i < 500; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            Assert.Equal(Tokenizers.TinyJson.Encode(text), Tokenizers.TinyGguf.Encode(text));
        }
    }

    internal static void CheckCases(Tokenizer tokenizer, string cases)
    {
        // The files end with a separator; the texts and lines before it belong together.
        string[] texts = File.ReadAllText(cases + ".inp").Split(Separator)[..^1];
        string[] lines = File.ReadAllLines(cases + ".out");
        Assert.Equal(46, texts.Length);
        Assert.Equal(46, lines.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            int[] expected = [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
            Assert.Equal(expected, tokenizer.Encode(texts[i], addSpecial: false));
        }
    }
}

using System.Text;
using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Tokenization;

namespace Inference.Benchmarks;

/// <summary>Text to tokens and back: prose, Markdown and code, and words that no cache of words has seen.</summary>
public class TokenizerBenchmark : IMeasuredWork
{
    private const int Characters = 1 << 18;
    private static readonly string _text = Text();
    private Tokenizer _tokenizer = null!;
    private int[] _tokens = [];

    [Params("ggml-vocab-gpt-2", "ggml-vocab-llama-spm")]
    public string Vocabulary { get; set; } = "";

    public Work WorkOf(string method) => new(Encoding.UTF8.GetByteCount(_text));

    [GlobalSetup]
    public void Load()
    {
        _tokenizer = Tokenizer.Load(Path.Combine(AppContext.BaseDirectory, "vocab", $"{Vocabulary}.gguf"));
        _tokens = _tokenizer.Encode(_text);
    }

    [Benchmark]
    public int[] Encode() => _tokenizer.Encode(_text);

    [Benchmark]
    public string Decode() => _tokenizer.Decode(_tokens);

    private static string Text()
    {
        string readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        string[] syllables = ["ba", "ne", "ti", "ro", "kul", "mar", "en", "st", "é", "ing", "qu", "zo", "ph", "-", "7", "42"];
        var random = new Random(5);
        var text = new StringBuilder();
        while (text.Length < Characters)
        {
            int start = random.Next(readme.Length - 400);
            text.Append(readme, start, 400);
            for (int word = 0; word < 60; word++)
            {
                for (int syllable = random.Next(1, 5); syllable > 0; syllable--)
                    text.Append(syllables[random.Next(syllables.Length)]);
                text.Append(' ');
            }
        }

        return text.ToString();
    }
}

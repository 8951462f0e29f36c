using Inference.Formats;
using Inference.Tokenization;

namespace Inference.Tests.Tokenization;

/// <summary>The tokenizers that tests share, each read once.</summary>
internal static class Tokenizers
{
    private static readonly Lazy<Tokenizer> _gpt2 = new(() => Tokenizer.Load(TestData.Path("vocab/ggml-vocab-gpt-2.gguf")));
    private static readonly Lazy<Tokenizer> _llama = new(() => Tokenizer.Load(TestData.Path("vocab/ggml-vocab-llama-spm.gguf")));
    private static readonly Lazy<Tokenizer> _stories = new(() => Tokenizer.Load(TestData.Stories260K));
    private static readonly Lazy<Tokenizer> _tinyGguf = new(() => Tokenizer.Load(TestData.Path("models/TinyStories-656K/TinyStories-656K.Q8_0.gguf")));
    private static readonly Lazy<Tokenizer> _tinyJson = new(() => Tokenizer.Load(TestData.Path("models/TinyStories-656K")));

    // Shared data may be absent; asking for it skips the test, so what is cached is keyed by a path that is there.
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, Lazy<Tokenizer>> _shared = new();

    public static Tokenizer Gpt2 => _gpt2.Value;

    public static Tokenizer Llama => _llama.Value;

    public static Tokenizer Stories => _stories.Value;

    public static Tokenizer TinyGguf => _tinyGguf.Value;

    public static Tokenizer TinyJson => _tinyJson.Value;

    public static Tokenizer Shared(string relative)
        => _shared.GetOrAdd(TestData.Shared(relative), path => new Lazy<Tokenizer>(() => Tokenizer.Load(path))).Value;

    /// <summary>A byte-level tokenizer.json over single bytes and the given merges, in a folder of its own.</summary>
    public static Tokenizer FromJsonText(string json)
    {
        string folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        try
        {
            string path = Path.Combine(folder, "tokenizer.json");
            File.WriteAllText(path, json);
            return Tokenizer.FromJson(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What the exception of a tokenizer.json that must be refused says.</summary>
    public static ModelFormatException Refused(string json) => Assert.Throws<ModelFormatException>(() => FromJsonText(json));
}

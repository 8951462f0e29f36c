using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>The pre-tokenizers that GGUF files name in <c>tokenizer.ggml.pre</c>.</summary>
internal static class GgufPreTokenizers
{
    private const string Key = "tokenizer.ggml.pre";

    /// <summary>Whether the name is one of the Llama 3 family, whose tokenizers take whole pieces unmerged and begin texts with a mark.</summary>
    public static bool IsLlama3(string name) => name is "llama3" or "llama-v3" or "llama-bpe" or "falcon3" or "falcon-h1" or "pixtral" or "midm-2.0" or "lfm2";

    /// <summary>The pre-tokenizer of a name.</summary>
    /// <exception cref="ModelFormatException">The name is not known.</exception>
    public static PreTokenizer Find(string path, string name) => name switch
    {
        // Files without a name are from the time when only GPT-2's was known.
        "default" or "gpt-2" or "phi-2" or "jina-es" or "jina-de" or "gigachat" or "jina-v2-es" or "jina-v2-de" or "mpt" or "olmo"
            or "jais" or "trillion" or "granite-docling" or "roberta-bpe" => Gpt2PreTokenizer.Instance,
        _ when IsLlama3(name) => TiktokenPreTokenizer.Llama3,
        "dbrx" or "smaug-bpe" => TiktokenPreTokenizer.Llama3,
        "qwen2" or "stablelm2" or "hunyuan" or "deepseek-r1-qwen" or "megrez" or "kormo" => TiktokenPreTokenizer.Qwen2,
        "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" or "exaone" or "minerva-7b" => new SequencePreTokenizer(
            [new SplitPreTokenizer(RunePattern.Numbers, SplitBehavior.Isolated), Gpt2PreTokenizer.Instance]),
        "falcon" => new SequencePreTokenizer(
        [
            new SplitPreTokenizer(RunePattern.Punctuation, SplitBehavior.Contiguous),
            Gpt2PreTokenizer.Instance,
            new SplitPreTokenizer(new RegexPattern(path, Key, "[0-9][0-9][0-9]"), SplitBehavior.Isolated),
        ]),
        _ => throw new ModelFormatException(path, Key, -1, $"the pre-tokenizer {name} is not supported"),
    };
}

using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Inference.Formats;
using Inference.Tokenization;
using Microsoft.ML.Tokenizers;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;
using Tokenizer = Inference.Tokenization.Tokenizer;

namespace Inference.MicrosoftTokenizers.Tests;

/// <summary>Tokenizers of both libraries over the same real vocabularies, each made once.</summary>
internal static class Pairs
{
    public const string EndOfText = "<|endoftext|>";

    private static readonly Dictionary<string, Lazy<(Tokenizer Own, MicrosoftTokenizer Other)>> _pairs = new()
    {
        ["Tiktoken"] = new(() => (Gpt2, Tiktoken(Gpt2))),
        ["Bpe"] = new(() => (Gpt2, Bpe())),
        ["CodeGen"] = new(() => (Gpt2, CodeGen())),
        ["Llama"] = new(() => (Tokenizer.Load(TestData.Path("vocab/ggml-vocab-llama-spm.gguf")), Llama(TestData.Path("vocab/ggml-vocab-llama-spm.gguf")))),
        ["Stories"] = new(() => (Tokenizer.Load(TestData.Stories260K), Llama(TestData.Stories260K))),
    };

    private static readonly Lazy<Tokenizer> _gpt2 = new(() => Tokenizer.Load(Gpt2Path));

    public static IEnumerable<string> Names => _pairs.Keys;

    public static Tokenizer Gpt2 => _gpt2.Value;

    private static string Gpt2Path => TestData.Path("vocab/ggml-vocab-gpt-2.gguf");

    private static Dictionary<string, int> Specials => new() { [EndOfText] = 50256 };

    public static (Tokenizer Own, MicrosoftTokenizer Other) Get(string name) => _pairs[name].Value;

    /// <summary>The byte-level vocabulary of a tokenizer as tiktoken's files list one.</summary>
    public static TiktokenTokenizer Tiktoken(Tokenizer own)
    {
        var file = new StringBuilder();
        for (int id = 0; id < own.VocabularySize; id++)
        {
            if (!own.IsSpecial(id))
                file.Append(Convert.ToBase64String(own.TokenBytes(id))).Append(' ').Append(id).Append('\n');
        }

        return TiktokenTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(file.ToString())), Words(), null, Specials);
    }

    public static LlamaTokenizer Llama(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return LlamaTokenizer.Create(SentencePieceFile.Write(file), addBeginOfSentence: true, addEndOfSentence: false);
    }

    /// <summary>A WordPiece vocabulary, from the memory.</summary>
    public static BertTokenizer Bert()
    {
        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "once", "upon", "time", "##s", "##ly", ".", ",", "e"];
        return BertTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', words) + "\n")));
    }

    private static BpeTokenizer Bpe()
    {
        using GgufFile file = GgufFile.Open(Gpt2Path);
        return BpeTokenizer.Create(new BpeOptions(Vocabulary(file))
        {
            Merges = file.GetStrings("tokenizer.ggml.merges"),
            ByteLevel = true,
            PreTokenizer = Words(),
            SpecialTokens = Specials,
        });
    }

    private static CodeGenTokenizer CodeGen()
    {
        using GgufFile file = GgufFile.Open(Gpt2Path);
        byte[] vocabulary = JsonSerializer.SerializeToUtf8Bytes(Vocabulary(file).ToDictionary());
        byte[] merges = Encoding.UTF8.GetBytes("#version: 0.2\n" + string.Join('\n', file.GetStrings("tokenizer.ggml.merges")));
        return CodeGenTokenizer.Create(new MemoryStream(vocabulary), new MemoryStream(merges), addPrefixSpace: false, addBeginOfSentence: false, addEndOfSentence: false);
    }

    private static IEnumerable<KeyValuePair<string, int>> Vocabulary(GgufFile file) =>
        file.GetStrings("tokenizer.ggml.tokens").Select((text, id) => KeyValuePair.Create(text, id));

    /// <summary>How GPT-2 cuts texts. It finds special tokens, as the tokenizers of that library do unless told otherwise.</summary>
    private static RegexPreTokenizer Words() =>
        new(new Regex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant), Specials);
}

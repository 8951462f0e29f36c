using System.Text.Json;
using System.Text.RegularExpressions;
using Inference.Tokenization;

namespace Inference.Tests.Engine;

/// <summary>A tokenizer of bytes in which everything that any of the golden templates spells like a special token is one.</summary>
internal static partial class MarkTokenizer
{
    public static string[] Marks { get; } = [.. GoldenConversations.TemplateFiles
        .SelectMany(file => MarkPattern().Matches(GoldenConversations.Source(file)).Select(match => match.Value))
        // A word of schemas, which templates also print in brackets where a tool brings it.
        .Where(mark => mark is not ("<required>" or "</required>")).Concat(["<|startoftext|>", "<|endoftext|>"]).Distinct().Order(StringComparer.Ordinal)];

    public static Tokenizer Instance { get; } = CreateTokenizer();

    [GeneratedRegex(@"<\|[A-Za-z_]{1,40}\|>|<｜[^｜\s]{1,40}｜>|\[/?[A-Z_]{2,30}\]|</?[a-z_]{2,30}>|<\|[a-z_]{2,20}>|<[a-z_]{2,20}\|>")]
    private static partial Regex MarkPattern();

    private static Tokenizer CreateTokenizer()
    {
        int next = 0;
        Dictionary<string, int> vocabulary = Enumerable.Range(0, 256).ToDictionary(value => ByteLevelAlphabet.Character((byte)value).ToString(), _ => next++);
        var document = new
        {
            added_tokens = Marks.Select(mark => new { id = next++, content = mark, special = true, single_word = false, lstrip = false, rstrip = false, normalized = false }).ToArray(),
            pre_tokenizer = new { type = "ByteLevel", add_prefix_space = false, use_regex = true },
            decoder = new { type = "ByteLevel" },
            model = new { type = "BPE", vocab = vocabulary, merges = Array.Empty<string>() },
        };
        string folder = Directory.CreateTempSubdirectory("inference-prompts").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), JsonSerializer.Serialize(document));
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "add_bos_token": true}""");
            return Tokenizer.FromJson(Path.Combine(folder, "tokenizer.json"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

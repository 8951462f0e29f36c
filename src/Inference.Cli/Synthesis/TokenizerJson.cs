using System.Text.Json;
using Inference.Formats;

namespace Inference.Cli.Synthesis;

/// <summary>Turns a byte-level BPE tokenizer.json into the metadata of GGUF files.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";
    private const string ConfigName = "tokenizer_config.json";

    public static VocabularyMetadata Load(string path)
    {
        using JsonDocument document = Parse(path);
        try
        {
            JsonElement root = document.RootElement;
            JsonElement model = root.GetProperty("model");
            string pre = PreTokenizer(path, root);
            (string[] tokens, int[] types) = Tokens(path, root, model);
            Dictionary<string, GgufValue> values = new()
            {
                ["tokenizer.ggml.model"] = GgufValue.From("gpt2"),
                ["tokenizer.ggml.pre"] = GgufValue.From(pre),
                [VocabularyMetadata.Tokens] = GgufValue.From(tokens),
                [VocabularyMetadata.Types] = GgufValue.From(types),
                ["tokenizer.ggml.merges"] = GgufValue.From(Merges(model)),
            };
            AddSpecials(path, tokens, pre, values);
            return new VocabularyMetadata(path, values);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException(path, "model", -1, "this is no tokenizer.json with a BPE vocabulary", exception);
        }
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException(path, null, exception.BytePositionInLine ?? -1, "this is not JSON", exception);
        }
    }

    // GGUF files name the splitting pattern instead of holding it.
    private static string PreTokenizer(string path, JsonElement root)
    {
        string rule = root.TryGetProperty("pre_tokenizer", out JsonElement element) ? element.GetRawText() : "";
        return rule switch
        {
            _ when !rule.Contains("\"ByteLevel\"", StringComparison.Ordinal)
                => throw new ModelFormatException(path, "pre_tokenizer", -1, "only byte-level BPE can be copied from a tokenizer.json; give a GGUF file instead"),
            _ when rule.Contains(@"\\p{N}{1,3}", StringComparison.Ordinal) => "llama-bpe",
            _ when rule.Contains(@"|\\p{N}|", StringComparison.Ordinal) => "qwen2",
            _ when !rule.Contains("\"Split\"", StringComparison.Ordinal) => "gpt-2",
            _ => throw new ModelFormatException(path, "pre_tokenizer", -1, "the splitting pattern has no name in GGUF files; give a GGUF file instead"),
        };
    }

    private static (string[] Tokens, int[] Types) Tokens(string path, JsonElement root, JsonElement model)
    {
        JsonElement.ObjectEnumerator vocabulary = model.GetProperty("vocab").EnumerateObject();
        JsonElement[] added = root.TryGetProperty("added_tokens", out JsonElement list) ? [.. list.EnumerateArray()] : [];
        int greatest = vocabulary.Select(entry => entry.Value.GetInt32()).Concat(added.Select(token => token.GetProperty("id").GetInt32())).DefaultIfEmpty(-1).Max();
        int entries = vocabulary.Count() + added.Length;
        if (greatest < 0 || greatest >= 2 * entries + 1024)
            throw new ModelFormatException(path, "model.vocab", -1, $"{entries} tokens have ids up to {greatest}");

        string[] tokens = new string[greatest + 1];
        int[] types = new int[greatest + 1];
        Array.Fill(types, VocabularyMetadata.UnusedType);
        foreach (JsonProperty entry in vocabulary)
            Set(entry.Value.GetInt32(), entry.Name, VocabularyMetadata.NormalType);
        foreach (JsonElement token in added)
        {
            bool special = token.TryGetProperty("special", out JsonElement flag) && flag.GetBoolean();
            Set(token.GetProperty("id").GetInt32(), token.GetProperty("content").GetString()!, special ? VocabularyMetadata.ControlType : VocabularyMetadata.UserDefinedType);
        }

        for (int i = 0; i < tokens.Length; i++)
            tokens[i] ??= $"<|unused_{i}|>";
        return (tokens, types);

        void Set(int id, string text, int type)
        {
            if (id < 0)
                throw new ModelFormatException(path, "model.vocab", -1, $"token '{text}' has the id {id}");
            tokens[id] = text;
            types[id] = type;
        }
    }

    private static string[] Merges(JsonElement model)
        => [.. model.GetProperty("merges").EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.Array ? $"{merge[0].GetString()} {merge[1].GetString()}" : merge.GetString()!)];

    private static void AddSpecials(string path, string[] tokens, string pre, Dictionary<string, GgufValue> values)
    {
        string configPath = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, ConfigName);
        if (!File.Exists(configPath))
            return;

        using JsonDocument config = Parse(configPath);
        bool hasBegin = AddSpecial("bos_token", "tokenizer.ggml.bos_token_id");
        AddSpecial("eos_token", "tokenizer.ggml.eos_token_id");
        AddSpecial("pad_token", "tokenizer.ggml.padding_token_id");
        bool adds = config.RootElement.TryGetProperty("add_bos_token", out JsonElement flag) ? flag.ValueKind == JsonValueKind.True : pre == "llama-bpe";
        values["tokenizer.ggml.add_bos_token"] = GgufValue.From(hasBegin && adds);
        if (config.RootElement.TryGetProperty("chat_template", out JsonElement template) && template.ValueKind == JsonValueKind.String)
            values["tokenizer.chat_template"] = GgufValue.From(template.GetString()!);

        bool AddSpecial(string property, string key)
        {
            if (!config.RootElement.TryGetProperty(property, out JsonElement token))
                return false;
            string? text = token.ValueKind == JsonValueKind.Object ? token.GetProperty("content").GetString() : token.ValueKind == JsonValueKind.String ? token.GetString() : null;
            int id = text is null ? -1 : Array.IndexOf(tokens, text);
            if (id >= 0)
                values[key] = GgufValue.From((uint)id);
            return id >= 0;
        }
    }
}

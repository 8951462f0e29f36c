namespace Inference.Tokenization;

/// <summary>What the files beside a tokenizer.json say: the marks of a text's begin and end, and the chat template.</summary>
internal sealed class TokenizerCompanions
{
    private const string ToolUse = "tool_use";

    private readonly string _folder;
    private readonly TokenizerJsonVocabulary _vocabulary;
    private readonly HashSet<int> _ends = [];

    /// <summary>Reads the files that are there.</summary>
    /// <param name="path">The tokenizer.json.</param>
    /// <param name="vocabulary">Its tokens.</param>
    public TokenizerCompanions(string path, TokenizerJsonVocabulary vocabulary)
    {
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _vocabulary = vocabulary;
        foreach (string name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            if (Open(name) is not { } file)
                continue;
            BeginOfText ??= ReadToken(file.Find("bos_token"));
            EndOfText ??= ReadToken(file.Find("eos_token"));
            if (name == "tokenizer_config.json")
                ReadConfiguration(file);
        }

        foreach (string name in (string[])["generation_config.json", "config.json"])
        {
            if (Open(name) is not { } file)
                continue;
            BeginOfText ??= ReadIds(file.Find("bos_token_id")).Cast<int?>().FirstOrDefault();
            int[] ends = [.. ReadIds(file.Find("eos_token_id"))];
            _ends.UnionWith(ends);
            EndOfText ??= ends.Cast<int?>().FirstOrDefault();
        }

        if (EndOfText is int end)
            _ends.Add(end);
        string template = Path.Combine(_folder, "chat_template.jinja");
        if (File.Exists(template))
            ChatTemplate = File.ReadAllText(template);
        template = Path.Combine(_folder, "additional_chat_templates", ToolUse + ".jinja");
        if (File.Exists(template))
            ToolChatTemplate = File.ReadAllText(template);
    }

    /// <summary>The token that starts a text, or null.</summary>
    public int? BeginOfText { get; }

    /// <summary>The token that ends a text, or null.</summary>
    public int? EndOfText { get; }

    /// <summary>Whether encoding adds the first of them; null where nothing is said.</summary>
    public bool? AddsBeginOfText { get; private set; }

    /// <summary>Whether encoding adds the second; null where nothing is said.</summary>
    public bool? AddsEndOfText { get; private set; }

    /// <summary>All tokens that are said to end a generation.</summary>
    public IReadOnlyCollection<int> Ends => _ends;

    /// <summary>The chat template, or null.</summary>
    public string? ChatTemplate { get; private set; }

    /// <summary>The chat template for conversations with tools, or null where there is none of its own.</summary>
    public string? ToolChatTemplate { get; private set; }

    private JsonField? Open(string name)
    {
        string path = Path.Combine(_folder, name);
        return File.Exists(path) ? JsonField.Open(path) : null;
    }

    private void ReadConfiguration(JsonField file)
    {
        AddsBeginOfText = file.Find("add_bos_token")?.AsBoolean();
        AddsEndOfText = file.Find("add_eos_token")?.AsBoolean();
        if (file.Find("chat_template") is not { } template)
            return;

        // Either one, or several by name.
        if (!template.IsArray)
        {
            ChatTemplate = template.AsString();
            return;
        }

        foreach (JsonField item in template.Items())
        {
            string name = item.Get("name").AsString();
            if (ChatTemplate is null || name == "default")
                ChatTemplate = item.Get("template").AsString();
            if (name == ToolUse)
                ToolChatTemplate = item.Get("template").AsString();
        }
    }

    private int? ReadToken(JsonField? field)
    {
        if (field is not { } token)
            return null;
        string text = (token.IsObject ? token.Get("content") : token).AsString();
        int id = _vocabulary.Find(text);
        return id >= 0 ? id : null;
    }

    private IEnumerable<int> ReadIds(JsonField? field)
    {
        if (field is not { } value)
            yield break;
        foreach (JsonField item in value.IsArray ? value.Items() : [value])
        {
            int id = item.AsInt32();
            if (id < 0 || id >= _vocabulary.Texts.Length)
                throw item.Error($"there is no token {id} in a vocabulary of {_vocabulary.Texts.Length}");
            yield return id;
        }
    }
}

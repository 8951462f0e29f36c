namespace Inference.Tokenization;

/// <summary>Reads the tokens and the merges of a tokenizer.json.</summary>
internal sealed class TokenizerJsonVocabulary
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<AddedToken> _added = [];

    /// <summary>Reads the vocabulary of the model and the added tokens.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="root">The whole file.</param>
    /// <param name="model">Its model.</param>
    public TokenizerJsonVocabulary(string file, JsonField root, JsonField model)
    {
        int highest = -1;
        foreach ((string text, JsonField value) in model.Get("vocab").Members())
        {
            int id = value.AsInt32();
            highest = Math.Max(highest, id);
            if (id < 0 || !_ids.TryAdd(text, id))
                throw value.Error($"the token has the id {id}, or comes twice");
        }

        foreach (JsonField item in root.Find("added_tokens")?.Items() ?? [])
        {
            AddedToken token = ReadAdded(item);
            highest = Math.Max(highest, token.Id);
            if (token.Text.Length > 0)
                _added.Add(token);
        }

        AddedToken.Check(file, "added_tokens", _added);

        // Holes are allowed, but a single large id must not make a table of its size.
        int count = _ids.Count + _added.Count;
        if (highest < 0 || highest > (4L * count) + 1024)
            throw model.Error($"the highest token id is {highest} in a vocabulary of {count}");
        Fill(highest + 1, model);
    }

    /// <summary>The id of each token of the model, added ones apart.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>The added tokens.</summary>
    public IReadOnlyCollection<AddedToken> Added => _added;

    /// <summary>The spelling of each id; null for holes.</summary>
    public string?[] Texts { get; private set; } = [];

    /// <summary>What each id is.</summary>
    public TokenKind[] Kinds { get; private set; } = [];

    /// <summary>The id of a token, added or not, or -1.</summary>
    public int Find(string text) => _added.Find(token => token.Text == text)?.Id ?? _ids.GetValueOrDefault(text, -1);

    /// <summary>Reads the merges.</summary>
    public RankedMerges ReadMerges(JsonField field)
    {
        var merges = new RankedMerges(_ids.Count);
        int rank = 0;
        foreach (JsonField item in field.Items())
        {
            string[] parts = item.IsString ? item.AsString().Split(' ', 3) : [.. item.Items().Take(3).Select(part => part.AsString())];
            if (parts.Length != 2
                || !_ids.TryGetValue(parts[0], out int left)
                || !_ids.TryGetValue(parts[1], out int right)
                || !_ids.TryGetValue(parts[0] + parts[1], out int merged))
            {
                throw item.Error($"\"{string.Join(' ', parts)}\" does not merge two tokens into a third");
            }

            merges.Add(rank++, left, right, merged);
        }

        return merges;
    }

    private static AddedToken ReadAdded(JsonField item)
    {
        int id = item.Get("id").AsInt32();
        return new AddedToken(
            id >= 0 ? id : throw item.Error($"the token has the id {id}"),
            item.Get("content").AsString(),
            item.GetBoolean("special", false),
            item.GetBoolean("lstrip", false),
            item.GetBoolean("rstrip", false),
            item.GetBoolean("single_word", false));
    }

    private void Fill(int count, JsonField model)
    {
        Texts = new string?[count];
        Kinds = new TokenKind[count];
        Array.Fill(Kinds, TokenKind.Normal);
        foreach ((string text, int id) in _ids)
        {
            if (Texts[id] is string other)
                throw model.Error($"the tokens {other} and {text} have the same id {id}");
            Texts[id] = text;
        }

        foreach (AddedToken token in _added)
        {
            Texts[token.Id] = token.Text;
            Kinds[token.Id] = token.IsSpecial ? TokenKind.Control : TokenKind.UserDefined;
        }
    }
}

namespace Inference.Tokenization;

/// <summary>Reads the tokens and the merges of a tokenizer.json.</summary>
internal sealed class TokenizerJsonVocabulary
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<AddedToken> _added = [];
    private readonly List<double> _scores = [];

    // Of equal texts of a list the first is found; the others keep their numbers.
    private readonly List<(string Text, int Id)> _repeated = [];

    /// <summary>Reads the vocabulary of the model and the added tokens.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="root">The whole file.</param>
    /// <param name="model">Its model.</param>
    /// <param name="hasScores">Whether the model is a list of tokens with scores rather than tokens with numbers.</param>
    public TokenizerJsonVocabulary(string file, JsonField root, JsonField model, bool hasScores)
    {
        int highest = -1;
        JsonField tokens = model.Get("vocab");
        foreach ((string text, int id, JsonField value) in hasScores ? ReadScored(tokens) : ReadNumbered(tokens))
        {
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
        Fill(Math.Max(highest + 1, _scores.Count), model);
    }

    /// <summary>The id of each token of the model, added ones apart.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>The added tokens.</summary>
    public IReadOnlyCollection<AddedToken> Added => _added;

    /// <summary>The spelling of each id; null for holes.</summary>
    public string?[] Texts { get; private set; } = [];

    /// <summary>What each id is.</summary>
    public TokenKind[] Kinds { get; private set; } = [];

    /// <summary>The score of each token of a model that has scores.</summary>
    public double[] Scores => [.. _scores];

    /// <summary>Whether a token is text that encoding may give, rather than a mark.</summary>
    public bool IsText(int id) => Kinds[id] is not (TokenKind.Control or TokenKind.Unknown);

    /// <summary>The id of a token, added or not, or -1.</summary>
    public int Find(string text) => _added.Find(token => token.Text == text)?.Id ?? _ids.GetValueOrDefault(text, -1);

    /// <summary>Reads the merges.</summary>
    /// <param name="field">The list.</param>
    /// <param name="prefix">What the second of two loses when they merge.</param>
    public RankedMerges ReadMerges(JsonField field, string prefix)
    {
        var merges = new RankedMerges(_ids.Count);
        int rank = 0;
        foreach (JsonField item in field.Items())
        {
            string[] parts = item.IsString ? item.AsString().Split(' ', 3) : [.. item.Items().Take(3).Select(part => part.AsString())];
            if (parts.Length != 2
                || !_ids.TryGetValue(parts[0], out int left)
                || !_ids.TryGetValue(parts[1], out int right)
                || !_ids.TryGetValue(parts[0] + WithoutPrefix(parts[1], prefix), out int merged))
            {
                throw item.Error($"\"{string.Join(' ', parts)}\" does not merge two tokens into a third");
            }

            // No text may become a mark by merging.
            if (IsText(merged))
                merges.Add(rank, left, right, merged);
            rank++;
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
            item.GetBoolean("single_word", false),
            item.GetBoolean("normalized", false));
    }

    private static IEnumerable<(string Text, int Id, JsonField Field)> ReadNumbered(JsonField tokens)
        => tokens.Members().Select(member => (member.Name, member.Value.AsInt32(), member.Value));

    private IEnumerable<(string Text, int Id, JsonField Field)> ReadScored(JsonField tokens)
    {
        HashSet<string> texts = new(StringComparer.Ordinal);
        foreach (JsonField item in tokens.Items())
        {
            JsonField[] parts = [.. item.Items().Take(3)];
            double score = parts.Length == 2 ? parts[1].AsDouble() : throw item.Error("a text and a score were expected");
            if (!double.IsFinite(score))
                throw item.Error("the score is no number");
            string text = parts[0].AsString();
            _scores.Add(score);
            if (texts.Add(text))
                yield return (text, _scores.Count - 1, item);
            else
                _repeated.Add((text, _scores.Count - 1));
        }
    }

    private static string WithoutPrefix(string text, string prefix)
        => prefix.Length > 0 && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

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

        foreach ((string text, int id) in _repeated)
            Texts[id] = text;
        foreach (AddedToken token in _added)
        {
            Texts[token.Id] = token.Text;
            Kinds[token.Id] = token.IsSpecial ? TokenKind.Control : TokenKind.UserDefined;
        }
    }
}

using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>The tokens of a GGUF file, and what its metadata say of them.</summary>
internal sealed class GgufVocabulary
{
    private const string Keys = "tokenizer.ggml.";

    /// <summary>Reads the tokens.</summary>
    /// <exception cref="ModelFormatException">They are missing or malformed.</exception>
    public GgufVocabulary(GgufFile file)
    {
        File = file;
        Texts = file.GetStrings(Keys + "tokens").ReplaceInvalid();
        if (Texts.Count == 0)
            throw Error("tokens", "the vocabulary is empty");
        Kinds = ReadKinds();
    }

    /// <summary>The file.</summary>
    public GgufFile File { get; }

    /// <summary>The spelling of each token.</summary>
    public GgufStrings Texts { get; }

    /// <summary>What each token is.</summary>
    public TokenKind[] Kinds { get; }

    /// <summary>How many tokens there are.</summary>
    public int Count => Texts.Count;

    /// <summary>A flag of the metadata, or null.</summary>
    public bool? FindFlag(string key) => File.FindBoolean(Keys + key);

    /// <summary>The scores, if any: one for each token.</summary>
    public float[]? FindScores()
    {
        float[]? scores = File.FindSingleArray(Keys + "scores");
        if (scores is not null)
            CheckLength("scores", scores.Length);
        return scores;
    }

    /// <summary>The tokens that stand for bytes: 256, of which those that are missing are -1.</summary>
    public int[] FindBytes()
    {
        int[] bytes = new int[256];
        Array.Fill(bytes, -1);
        for (int i = 0; i < Count; i++)
        {
            if (Kinds[i] == TokenKind.Byte && ByteToken.TryParse(Texts.Utf8(i), out byte value))
                bytes[value] = i;
        }

        return bytes;
    }

    /// <summary>Whether a token is text that encoding may give.</summary>
    public bool IsText(int id) => Kinds[id] is TokenKind.Normal or TokenKind.UserDefined or TokenKind.Unused && Texts.Utf8(id).Length > 0;

    /// <summary>A token id from the metadata; null where it says, as -1, that there is none.</summary>
    public int? FindToken(string key, int? ifAbsent = null)
    {
        if (!File.Metadata.TryGetValue(Keys + key, out GgufValue? value))
            return ifAbsent;
        if (!value.TryGetInt64(out long id))
            throw Error(key, $"a token id was expected and {value} found");
        if (id is -1 or uint.MaxValue)
            return null;
        return id >= 0 && id < Count ? (int)id : throw Error(key, $"there is no token {id} in a vocabulary of {Count}");
    }

    /// <summary>A token by the number and kind that it has in files from before the metadata named it.</summary>
    public int? Usual(int id, TokenKind kind) => id < Count && Kinds[id] == kind ? id : null;

    /// <summary>The merges of two tokens into a third.</summary>
    /// <param name="ids">The tokens by their text.</param>
    public RankedMerges ReadMerges(PieceTable ids)
    {
        GgufStrings lines = File.GetStrings(Keys + "merges").ReplaceInvalid();
        var merges = new RankedMerges(lines.Count);
        byte[] both = new byte[256];
        int next = 0;
        // Not where texts repeat: a text's token is then the first of several.
        int numbered = ids.Count == Count ? Count : 0;
        for (int i = 0; i < lines.Count; i++)
        {
            // A token may itself start with a space, so the separator is the first one after that.
            ReadOnlySpan<byte> line = lines.Utf8(i);
            int space = line.Length > 1 ? line[1..].IndexOf((byte)' ') + 1 : 0;
            if (space > 0)
            {
                if (both.Length < line.Length)
                    both = new byte[2 * line.Length];
                line[..space].CopyTo(both);
                line[(space + 1)..].CopyTo(both.AsSpan(space));
                int left = ids.Find(line[..space]);
                int right = ids.Find(line[(space + 1)..]);
                // Vocabularies number their tokens in the order of the merges that make them: the next one is nearly always it.
                ReadOnlySpan<byte> whole = both.AsSpan(0, line.Length - 1);
                int merged = next < numbered && Texts.Utf8(next).SequenceEqual(whole) ? next : ids.Find(whole);
                next = merged + 1;
                if (left >= 0 && right >= 0 && merged >= 0)
                {
                    // No text may become a mark by merging.
                    if (Kinds[merged] is not (TokenKind.Control or TokenKind.Unknown))
                        merges.Add(i, left, right, merged);
                    continue;
                }
            }

            throw Error($"merges[{i}]", $"\"{lines[i]}\" does not merge two tokens into a third");
        }

        return merges;
    }

    /// <summary>Adds a token to a trie.</summary>
    /// <param name="trie">The trie.</param>
    /// <param name="text">The token's text in it.</param>
    /// <param name="id">The token.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <exception cref="ModelFormatException">It is longer, or there are too many tokens.</exception>
    public void AddTo(PieceTrie trie, ReadOnlySpan<byte> text, int id, int most)
    {
        if (text.Length > most)
            throw Error($"tokens[{id}]", $"the token is longer than {most} bytes");
        if (!trie.TryAdd(text, id))
            throw Error("tokens", "the tokens are too long and too many");
    }

    /// <summary>An error at a key.</summary>
    public ModelFormatException Error(string key, string problem)
        => new(File.Path, Keys + key, File.Metadata.TryGetValue(Keys + key, out GgufValue? value) ? value.Offset : -1, problem);

    private TokenKind[] ReadKinds()
    {
        int[]? types = File.FindInt32Array(Keys + "token_type");
        if (types is null)
            return [.. Enumerable.Repeat(TokenKind.Normal, Count)];

        CheckLength("token_type", types.Length);
        var kinds = new TokenKind[types.Length];
        for (int i = 0; i < types.Length; i++)
        {
            kinds[i] = types[i] switch
            {
                0 => TokenKind.Normal,
                >= (int)TokenKind.Normal and <= (int)TokenKind.Byte => (TokenKind)types[i],
                _ => throw Error($"token_type[{i}]", $"the token type {types[i]} is not known"),
            };
        }

        return kinds;
    }

    private void CheckLength(string key, int length)
    {
        if (length != Count)
            throw Error(key, $"{length} entries were found for {Count} tokens");
    }
}

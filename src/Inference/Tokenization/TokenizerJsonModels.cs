using System.Buffers;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Reads the model of a tokenizer.json.</summary>
internal static class TokenizerJsonModels
{
    private static readonly byte[] _mark = [.. "\u2581"u8];

    /// <summary>What kind of model it is; old files leave that out.</summary>
    /// <exception cref="Formats.ModelFormatException">The kind is not supported.</exception>
    public static string KindOf(JsonField model)
    {
        string kind = model.Find("type")?.AsString() ?? Guess(model);
        return kind is "BPE" or "Unigram" or "WordPiece" or "WordLevel"
            ? kind
            : throw model.Error($"the tokenizer model {kind} is not supported; known are BPE, Unigram, WordPiece and WordLevel");
    }

    /// <summary>Reads the model.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="model">The component.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="isByteLevel">Whether texts reach the model as bytes for which characters stand in the vocabulary.</param>
    public static PieceModel Read(string kind, JsonField model, TokenizerJsonVocabulary vocabulary, bool isByteLevel)
    {
        if (kind == "BPE")
            return ReadBytePairs(model, vocabulary, isByteLevel);
        if (isByteLevel)
            throw model.Error($"a byte-level pre-tokenizer before the model {kind} is not supported");
        return kind switch
        {
            "Unigram" => ReadUnigram(model, vocabulary),
            "WordPiece" => ReadWordPiece(model, vocabulary),
            _ => new WordLevelModel(Table(vocabulary, isByteLevel: false), Unknown(model, vocabulary)),
        };
    }

    /// <summary>Where to cut a text that no pre-tokenizer cuts, so that its tokens stay the same; null where nowhere.</summary>
    public static MarkCuts? Cuts(JsonField model, TokenizerJsonVocabulary vocabulary)
    {
        // A whole text may be a token, or begin or end with an affix.
        if (model.GetBoolean("ignore_merges", false) || HasAffix(model))
            return null;
        var cuts = new MarkCuts(_mark, character => vocabulary.Ids.TryGetValue(Encoding.UTF8.GetString(character), out int id) && vocabulary.IsText(id));
        foreach (string text in vocabulary.Ids.Keys)
            cuts.Add(Encoding.UTF8.GetBytes(text));
        return cuts;
    }

    private static string Guess(JsonField model)
    {
        if (model.Find("merges") is not null)
            return "BPE";
        if (model.Find("max_input_chars_per_word") is not null || model.Find("continuing_subword_prefix") is not null)
            return "WordPiece";
        return model.Find("vocab") is { IsArray: true } ? "Unigram" : "WordLevel";
    }

    private static PieceModel ReadBytePairs(JsonField model, TokenizerJsonVocabulary vocabulary, bool isByteLevel)
    {
        if (model.Find("dropout") is { } dropout && dropout.AsDouble() != 0)
            throw dropout.Error("dropout is not supported");
        string prefix = model.Find("continuing_subword_prefix")?.AsString() ?? "";
        string suffix = model.Find("end_of_word_suffix")?.AsString() ?? "";
        RankedMerges merges = vocabulary.ReadMerges(model.Get("merges"), prefix);
        int unknown = Unknown(model, vocabulary);
        bool takesWhole = model.GetBoolean("ignore_merges", false);
        bool fuses = model.GetBoolean("fuse_unk", false);
        bool spellsBytes = model.GetBoolean("byte_fallback", false);
        if (HasAffix(model))
        {
            if (spellsBytes || takesWhole)
                throw model.Error("affixes of subwords together with byte_fallback or ignore_merges are not supported");
            return new BpeModel(new AffixedAlphabet(Table(vocabulary, isByteLevel: false), isByteLevel, prefix, suffix, unknown, fuses), merges, wholePieces: null);
        }

        PieceTable? whole = takesWhole || !isByteLevel ? Table(vocabulary, isByteLevel) : null;
        if (isByteLevel)
        {
            int[] ids = ByteIds(vocabulary, value => ByteLevelAlphabet.Character(value).ToString());
            return new BpeModel(new ByteAlphabet(ids, unknown), merges, whole);
        }

        int[] bytes = spellsBytes ? ByteIds(vocabulary, value => $"<0x{value:X2}>") : [.. Enumerable.Repeat(-1, 256)];
        if (unknown < 0 && bytes.Contains(-1))
            throw model.Error("there is neither a token for every byte nor an unknown token");
        return new BpeModel(new CharacterAlphabet(whole!, bytes, unknown, fuses), merges, takesWhole ? whole : null);
    }

    private static UnigramModel ReadUnigram(JsonField model, TokenizerJsonVocabulary vocabulary)
    {
        var pieces = new PieceTrie();
        foreach ((string text, int id) in vocabulary.Ids)
        {
            if (vocabulary.IsText(id))
                AddTo(pieces, Bytes(model, text, UnigramModel.MaxPieceBytes), id, model);
        }

        int unknown = -1;
        if (model.Find("unk_id") is { } field)
        {
            unknown = field.AsInt32();
            if (unknown < 0 || unknown >= vocabulary.Scores.Length)
                throw field.Error($"there is no token {unknown} in a vocabulary of {vocabulary.Scores.Length}");
        }

        int[] bytes = model.GetBoolean("byte_fallback", false) ? ByteIds(vocabulary, value => $"<0x{value:X2}>") : [-1];
        if (unknown < 0 && bytes.Contains(-1))
            throw model.Error("there is neither a token for every byte nor an unknown token");
        return new UnigramModel(pieces, vocabulary.Scores, vocabulary.Scores.Min(), unknown, bytes.Contains(-1) ? null : bytes);
    }

    private static WordPieceModel ReadWordPiece(JsonField model, TokenizerJsonVocabulary vocabulary)
    {
        string prefix = model.Find("continuing_subword_prefix")?.AsString() ?? "##";
        var starts = new PieceTrie();
        var continuations = new PieceTrie();
        foreach ((string text, int id) in vocabulary.Ids)
        {
            if (!vocabulary.IsText(id))
                continue;
            byte[] bytes = Bytes(model, text, WordPieceModel.MaxPieceBytes);
            AddTo(starts, bytes, id, model);
            if (text.StartsWith(prefix, StringComparison.Ordinal) && text.Length > prefix.Length)
                AddTo(continuations, bytes.AsSpan(Encoding.UTF8.GetByteCount(prefix)), id, model);
        }

        int unknown = Unknown(model, vocabulary);
        if (unknown < 0)
            throw model.Error("the model needs an unknown token");
        int most = model.Find("max_input_chars_per_word")?.AsInt32() ?? 100;
        return new WordPieceModel(starts, continuations, unknown, most >= 0 ? most : throw model.Error($"words of at most {most} characters are none"));
    }

    private static void AddTo(PieceTrie trie, ReadOnlySpan<byte> text, int id, JsonField model)
    {
        if (!trie.TryAdd(text, id))
            throw model.Get("vocab").Error("the tokens are too long and too many");
    }

    private static byte[] Bytes(JsonField model, string text, int most)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= most ? bytes : throw model.Get("vocab").Error($"a token is longer than {most} bytes");
    }

    private static PieceTable Table(TokenizerJsonVocabulary vocabulary, bool isByteLevel)
    {
        var table = new PieceTable(vocabulary.Ids.Count);
        var bytesOfPiece = new ArrayBufferWriter<byte>();
        foreach ((string text, int id) in vocabulary.Ids)
        {
            if (text.Length == 0 || !vocabulary.IsText(id))
                continue;
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            bytesOfPiece.ResetWrittenCount();
            if (isByteLevel)
                ByteLevelAlphabet.Write(utf8, bytesOfPiece);
            else
                bytesOfPiece.Write(utf8);
            table.Add(bytesOfPiece.WrittenSpan, id);
        }

        return table;
    }

    private static int Unknown(JsonField model, TokenizerJsonVocabulary vocabulary)
    {
        if (model.Find("unk_token") is not { } token)
            return -1;
        int unknown = vocabulary.Find(token.AsString());
        return unknown >= 0 ? unknown : throw token.Error($"the token {token.AsString()} is not in the vocabulary");
    }

    private static bool HasAffix(JsonField model)
        => model.Find("continuing_subword_prefix")?.AsString() is { Length: > 0 } || model.Find("end_of_word_suffix")?.AsString() is { Length: > 0 };

    private static int[] ByteIds(TokenizerJsonVocabulary vocabulary, Func<byte, string> spell)
        => [.. Enumerable.Range(0, 256).Select(i => vocabulary.Ids.GetValueOrDefault(spell((byte)i), -1))];
}

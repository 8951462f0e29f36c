using System.Buffers;
using System.Text;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Builds a tokenizer from a Hugging Face tokenizer.json.</summary>
internal static class TokenizerJson
{
    /// <summary>Reads the file and those beside it.</summary>
    /// <exception cref="ModelFormatException">A file is malformed, or uses what is not supported.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static Tokenizer Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        JsonField root = JsonField.Open(path);
        JsonField model = root.Get("model");
        RequireBpe(model);

        var vocabulary = new TokenizerJsonVocabulary(path, root, model);
        List<Normalizer> normalizers = TokenizerJsonNormalizers.Read(root.Find("normalizer"));
        var preTokenizers = new TokenizerJsonPreTokenizers(path, root.Find("pre_tokenizer"), normalizers);
        TokenDecoder decoder = TokenizerJsonDecoder.Read(root.Find("decoder"), preTokenizers.IsByteLevel, root);
        BpeModel bpe = ReadModel(model, vocabulary, preTokenizers.IsByteLevel);

        var tokens = new Vocabulary(vocabulary.Texts, vocabulary.Kinds, decoder);
        SpecialTokens special = ReadSpecial(path, root, vocabulary, tokens);
        return new BpeTokenizer(tokens, special, vocabulary.Added, normalizers, preTokenizers.PreTokenizer, bpe);
    }

    private static void RequireBpe(JsonField model)
    {
        // Old files leave the type out.
        string type = model.Find("type")?.AsString() ?? (model.Find("merges") is null ? "without a type" : "BPE");
        if (type != "BPE")
            throw model.Error($"the tokenizer model {type} is not supported");
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Find(affix) is { } value && value.AsString().Length > 0)
                throw value.Error("affixes of subwords are not supported");
        }

        if (model.Find("dropout") is { } dropout && dropout.AsDouble() != 0)
            throw dropout.Error("dropout is not supported");
    }

    private static BpeModel ReadModel(JsonField model, TokenizerJsonVocabulary vocabulary, bool isByteLevel)
    {
        RankedMerges merges = vocabulary.ReadMerges(model.Get("merges"));
        int unknown = -1;
        if (model.Find("unk_token") is { } unknownToken)
        {
            unknown = vocabulary.Find(unknownToken.AsString());
            if (unknown < 0)
                throw unknownToken.Error($"the token {unknownToken.AsString()} is not in the vocabulary");
        }

        PieceTable? whole = null;
        if (model.GetBoolean("ignore_merges", false) || !isByteLevel)
        {
            whole = new PieceTable(vocabulary.Ids.Count);
            var decoder = new TokenDecoder(isByteLevel, ByteTokens: false, [], LeadingSpaceIsPrefix: false);
            var bytesOfPiece = new ArrayBufferWriter<byte>();
            foreach ((string text, int id) in vocabulary.Ids)
            {
                if (text.Length == 0)
                    continue;
                bytesOfPiece.ResetWrittenCount();
                decoder.Write(Encoding.UTF8.GetBytes(text), TokenKind.Normal, bytesOfPiece);
                whole.Add(bytesOfPiece.WrittenSpan, id);
            }
        }

        if (isByteLevel)
        {
            int[] ids = ByteIds(vocabulary, value => ByteLevelAlphabet.Character(value).ToString());
            return new BpeModel(new ByteAlphabet(ids, unknown), merges, whole);
        }

        int[] bytes = [.. Enumerable.Repeat(-1, 256)];
        if (model.GetBoolean("byte_fallback", false))
            bytes = ByteIds(vocabulary, value => $"<0x{value:X2}>");
        if (unknown < 0 && bytes.Contains(-1))
            throw model.Error("there is neither a token for every byte nor an unknown token");
        var alphabet = new CharacterAlphabet(whole!, bytes, unknown, model.GetBoolean("fuse_unk", false));
        return new BpeModel(alphabet, merges, model.GetBoolean("ignore_merges", false) ? whole : null);
    }

    private static int[] ByteIds(TokenizerJsonVocabulary vocabulary, Func<byte, string> spell)
        => [.. Enumerable.Range(0, 256).Select(i => vocabulary.Ids.GetValueOrDefault(spell((byte)i), -1))];

    private static SpecialTokens ReadSpecial(string path, JsonField root, TokenizerJsonVocabulary vocabulary, Vocabulary tokens)
    {
        List<int> prefix = [];
        List<int> suffix = [];
        TokenizerJsonTemplate.Read(root.Find("post_processor"), prefix, suffix);
        if (prefix.Concat(suffix).Any(id => tokens.Text(id) is null))
            throw root.Get("post_processor").Error("a token of the template is not in the vocabulary");

        var companions = new TokenizerCompanions(path, vocabulary);
        Adjust(prefix, companions.BeginOfText, companions.AddsBeginOfText, atEnd: false);
        Adjust(suffix, companions.EndOfText, companions.AddsEndOfText, atEnd: true);
        return new SpecialTokens(
            companions.BeginOfText ?? (prefix.Count > 0 ? prefix[0] : null),
            companions.EndOfText,
            [.. prefix],
            [.. suffix],
            EndOfGeneration.Find(tokens, companions.Ends),
            companions.ChatTemplate)
        {
            ToolChatTemplate = companions.ToolChatTemplate,
        };
    }

    // What tokenizer_config.json says goes over the template, as in the programs that convert these files.
    private static void Adjust(List<int> around, int? token, bool? adds, bool atEnd)
    {
        if (token is not int id || adds is not bool wanted)
            return;
        if (!wanted)
            around.RemoveAll(other => other == id);
        else if (!around.Contains(id))
            around.Insert(atEnd ? around.Count : 0, id);
    }
}

namespace Inference.Tokenization;

/// <summary>Reads the SentencePiece models of GGUF files.</summary>
internal static class GgufSentencePiece
{
    private static readonly byte[] _mark = [.. "\u2581"u8];

    /// <summary>Reads one that merges, as Llama's.</summary>
    public static PipelineTokenizer ReadMerging(GgufVocabulary source)
    {
        float[] scores = source.FindScores() ?? new float[source.Count];
        var pieces = new PieceTable(source.Count);
        for (int i = 0; i < source.Count; i++)
        {
            if (source.IsText(i))
                pieces.Add(source.Texts.Utf8(i), i);
        }

        int[] bytes = source.FindBytes();
        int unknown = source.FindToken("unknown_token_id", source.Usual(0, TokenKind.Unknown)) ?? -1;
        if (unknown < 0 && bytes.Contains(-1))
            throw source.Error("tokens", "there is neither a token for every byte nor an unknown token");

        bool addsPrefix = source.FindFlag("add_space_prefix") ?? true;
        List<Normalizer> normalizers = [new ReplaceNormalizer([(byte)' '], _mark)];
        if (addsPrefix)
            normalizers.Insert(0, new PrefixNormalizer([(byte)' ']));
        var model = new BpeModel(new CharacterAlphabet(pieces, bytes, unknown, fuseUnknown: true), new ScoredMerges(pieces, scores), wholePieces: null);
        var marks = new GgufMarks(
            source.FindToken("bos_token_id", source.Usual(1, TokenKind.Control)),
            source.FindToken("eos_token_id", source.Usual(2, TokenKind.Control)),
            AddsBegin: true);
        return GgufTokenizer.Build(source, Decoder(addsPrefix), marks, normalizers, Cuts(source, bytes, text => pieces.Find(text)), model);
    }

    /// <summary>Reads one that looks for the most probable tokens, as T5's.</summary>
    public static PipelineTokenizer ReadUnigram(GgufVocabulary source)
    {
        float[] given = source.FindScores() ?? throw source.Error("scores", "the model needs a score for each token");
        var pieces = new PieceTrie();
        double[] scores = new double[source.Count];
        double least = double.PositiveInfinity;
        for (int i = 0; i < source.Count; i++)
        {
            if (!float.IsFinite(given[i]))
                throw source.Error($"scores[{i}]", "the score is no number");
            if (source.Kinds[i] == TokenKind.Normal)
                least = Math.Min(least, given[i]);
            if (!source.IsText(i))
                continue;
            // Those that users define win over any others.
            scores[i] = source.Kinds[i] == TokenKind.UserDefined ? 0 : given[i];
            source.AddTo(pieces, source.Texts.Utf8(i), i, UnigramModel.MaxPieceBytes);
        }

        int[] bytes = source.FindBytes();
        int unknown = source.FindToken("unknown_token_id", source.Usual(2, TokenKind.Unknown)) ?? -1;
        if (unknown < 0 && bytes.Contains(-1))
            throw source.Error("unknown_token_id", "there is neither a token for every byte nor an unknown token");

        const string Rules = "tokenizer.ggml.precompiled_charsmap";
        List<Normalizer> normalizers = [];
        if (source.File.FindInt32Array(Rules) is int[] rules
            && PrecompiledNormalizer.Read(source.File.Path, Rules, Array.ConvertAll(rules, value => (byte)value)) is { } precompiled)
        {
            normalizers.Add(precompiled);
        }

        bool addsPrefix = source.FindFlag("add_space_prefix") ?? true;
        bool merges = source.FindFlag("remove_extra_whitespaces") ?? false;
        normalizers.Add(new SpaceNormalizer(_mark, addsPrefix, merges));
        var model = new UnigramModel(pieces, scores, double.IsFinite(least) ? least : 0, unknown, bytes.Contains(-1) ? null : bytes);
        var marks = new GgufMarks(source.FindToken("bos_token_id"), source.FindToken("eos_token_id", source.Usual(1, TokenKind.Control)), AddsBegin: false, AddsEnd: true);
        return GgufTokenizer.Build(source, Decoder(addsPrefix || merges), marks, normalizers, Cuts(source, bytes.Contains(-1) ? [.. Enumerable.Repeat(-1, 256)] : bytes, text => pieces.Find(text)), model);
    }

    private static TokenDecoder Decoder(bool addsPrefix) => new(new ReplaceStep(_mark, [(byte)' '])) { LeadingCount = addsPrefix ? 1 : 0 };

    private static MarkCuts Cuts(GgufVocabulary source, int[] bytes, Func<byte[], int> find)
    {
        var cuts = new MarkCuts(_mark, character => find(character) >= 0 || Array.TrueForAll(character, value => bytes[value] >= 0));
        for (int i = 0; i < source.Count; i++)
        {
            if (source.IsText(i))
                cuts.Add(source.Texts.Utf8(i));
        }

        return cuts;
    }
}

namespace Inference.Tokenization;

/// <summary>Reads the WordPiece models of GGUF files: tokens that start words begin with U+2581, those that go on have no prefix.</summary>
internal static class GgufWordPiece
{
    private static readonly byte[] _mark = [.. "\u2581"u8];

    /// <summary>Reads one.</summary>
    public static PipelineTokenizer Read(GgufVocabulary source)
    {
        var starts = new PieceTrie();
        var continuations = new PieceTrie();
        for (int i = 0; i < source.Count; i++)
        {
            if (!source.IsText(i))
                continue;
            ReadOnlySpan<byte> text = source.Texts.Utf8(i);
            if (!text.StartsWith(_mark))
                source.AddTo(continuations, text, i, WordPieceModel.MaxPieceBytes);
            else if (text.Length > _mark.Length)
                source.AddTo(starts, text[_mark.Length..], i, WordPieceModel.MaxPieceBytes);
        }

        int unknown = source.FindToken("unknown_token_id", source.Count > 100 ? 100 : null)
            ?? throw source.Error("unknown_token_id", "the model needs an unknown token");
        bool lowers = source.FindFlag("normalizer.lowercase") ?? true;
        List<Normalizer> normalizers = [new BertNormalizer(cleans: true, separatesChinese: true)];
        if (source.FindFlag("normalizer.strip_accents") ?? lowers)
            normalizers.AddRange(AccentNormalizer.Steps);
        if (lowers)
            normalizers.Add(new LowercaseNormalizer());

        var preTokenizer = new SequencePreTokenizer(
        [
            new SplitPreTokenizer(RunePattern.Spaces, SplitBehavior.Removed),
            new SplitPreTokenizer(RunePattern.Punctuation, SplitBehavior.Isolated),
        ]);
        int? separator = source.FindToken("seperator_token_id", source.Count > 102 ? 102 : null);
        var marks = new GgufMarks(
            source.FindToken("cls_token_id") ?? source.FindToken("bos_token_id", source.Count > 101 ? 101 : null),
            source.FindToken("eos_token_id"),
            AddsBegin: true,
            AddsEnd: false,
            separator,
            AddsSeparator: true);
        var decoder = new TokenDecoder(new ReplaceStep(_mark, [(byte)' ']), new CleanUpStep()) { LeadingCount = 1 };
        return GgufTokenizer.Build(source, decoder, marks, normalizers, preTokenizer, new WordPieceModel(starts, continuations, unknown, int.MaxValue));
    }
}

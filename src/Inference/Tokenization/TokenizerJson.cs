using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Builds a tokenizer from a Hugging Face tokenizer.json.</summary>
/// <remarks>
/// What a file states of truncation and padding is not done: a text is never cut nor filled up without the caller's doing. Special
/// tokens are found in the text as it came, also where the file wants them found after normalisation.
/// </remarks>
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
        string kind = TokenizerJsonModels.KindOf(model);

        var vocabulary = new TokenizerJsonVocabulary(path, root, model, hasScores: kind == "Unigram");
        List<Normalizer> normalizers = TokenizerJsonNormalizers.Read(root.Find("normalizer"));
        var preTokenizers = new TokenizerJsonPreTokenizers(root.Find("pre_tokenizer"));
        TokenDecoder decoder = TokenizerJsonDecoder.Read(root.Find("decoder"), preTokenizers.IsByteLevel);
        PieceModel pieces = TokenizerJsonModels.Read(kind, model, vocabulary, preTokenizers.IsByteLevel);
        IReadOnlyList<PieceStage> stages = preTokenizers.Stages;
        if (stages.Count == 0 && kind is "BPE" or "Unigram" && TokenizerJsonModels.Cuts(model, vocabulary) is MarkCuts cuts)
            stages = [new PieceStage([], cuts)];

        var tokens = new Vocabulary(vocabulary.Texts, vocabulary.Kinds, decoder);
        SpecialTokens special = ReadSpecial(path, root, vocabulary, tokens);
        bool IsForNormalized(AddedToken token) => token.IsForNormalized && !token.IsSpecial && normalizers.Count > 0;
        return new PipelineTokenizer(
            path,
            tokens,
            special,
            [.. vocabulary.Added.Where(token => !IsForNormalized(token))],
            [.. vocabulary.Added.Where(IsForNormalized).Select(token => Normalize(path, token, normalizers)).OfType<AddedToken>()],
            normalizers,
            stages,
            pieces);
    }

    private static AddedToken? Normalize(string path, AddedToken token, List<Normalizer> normalizers)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(token.Text);
        string normalized = System.Text.Encoding.UTF8.GetString(new EncodingScratch(path, text.Length).Normalize(text, isStart: true, normalizers));
        return normalized.Length == 0 ? null : token with { Text = normalized };
    }

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

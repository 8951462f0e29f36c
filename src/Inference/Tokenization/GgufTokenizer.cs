using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>Builds a tokenizer from the metadata of a GGUF file.</summary>
internal static class GgufTokenizer
{
    private const string Keys = "tokenizer.ggml.";

    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="ModelFormatException">The metadata has no tokenizer, is malformed, or uses what is not supported.</exception>
    public static Tokenizer Read(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string model = file.GetString(Keys + "model");
        return model switch
        {
            "llama" => GgufSentencePiece.ReadMerging(new GgufVocabulary(file)),
            "t5" => GgufSentencePiece.ReadUnigram(new GgufVocabulary(file)),
            "gpt2" => GgufBytePairs.Read(new GgufVocabulary(file), file.FindString(Keys + "pre") ?? "default"),
            "gemma4" => GgufBytePairs.Read(new GgufVocabulary(file), "gemma4"),
            "bert" => GgufWordPiece.Read(new GgufVocabulary(file)),
            "rwkv" => GgufWorld.Read(new GgufVocabulary(file)),
            _ => throw new ModelFormatException(
                file.Path, Keys + "model", -1, $"the tokenizer model {model} is not supported; known are bert, gemma4, gpt2, llama, rwkv and t5"),
        };
    }

    /// <summary>Puts a tokenizer together.</summary>
    /// <param name="source">The tokens.</param>
    /// <param name="decoder">How spellings turn into text.</param>
    /// <param name="marks">The marks that the model's kind of file has.</param>
    /// <param name="normalizers">Applied in order to the text between added tokens.</param>
    /// <param name="preTokenizer">Cuts it into pieces; null where it stays whole.</param>
    /// <param name="model">Encodes a piece.</param>
    /// <param name="spellings">The spellings where they are not the file's.</param>
    public static PipelineTokenizer Build(
        GgufVocabulary source,
        TokenDecoder decoder,
        GgufMarks marks,
        IReadOnlyList<Normalizer> normalizers,
        PreTokenizer? preTokenizer,
        PieceModel model,
        GgufStrings? spellings = null)
    {
        var vocabulary = new Vocabulary(spellings ?? source.Texts, source.Kinds, decoder);
        List<AddedToken> added = [];
        for (int i = 0; i < source.Count; i++)
        {
            if (source.Texts.Utf8(i).Length > 0 && source.Kinds[i] is TokenKind.Control or TokenKind.Unknown or TokenKind.UserDefined)
                added.Add(new AddedToken(i, source.Texts[i], IsSpecial: source.Kinds[i] != TokenKind.UserDefined));
        }

        AddedToken.Check(source.File.Path, Keys + "tokens", added);
        int?[] ends = [marks.End, source.FindToken("eot_token_id"), source.FindToken("eom_token_id")];
        List<int> prefix = [];
        List<int> suffix = [];
        if ((source.FindFlag("add_bos_token") ?? marks.AddsBegin) && marks.Begin is int first)
            prefix.Add(first);
        if ((source.FindFlag("add_eos_token") ?? marks.AddsEnd) && marks.End is int last)
            suffix.Add(last);
        if ((source.FindFlag("add_sep_token") ?? marks.AddsSeparator) && marks.Separator is int separator && !suffix.Contains(separator))
            suffix.Add(separator);
        var special = new SpecialTokens(
            marks.Begin,
            marks.End,
            [.. prefix],
            [.. suffix],
            EndOfGeneration.Find(vocabulary, ends.OfType<int>()),
            source.File.FindString("tokenizer.chat_template"))
        {
            ToolChatTemplate = source.File.FindString("tokenizer.chat_template.tool_use"),
        };
        PieceStage[] stages = preTokenizer is null ? [] : [new PieceStage([], preTokenizer)];
        return new PipelineTokenizer(source.File.Path, vocabulary, special, added, [], normalizers, stages, model);
    }
}

using Inference.Tokenization;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;

namespace Inference.MicrosoftTokenizers;

/// <summary>Describes a tokenizer of Microsoft.ML.Tokenizers as this library's are described.</summary>
internal static class ImportedTokenizer
{
    /// <exception cref="ArgumentException">The size of the vocabulary is not known, an option names a token that is not in it, or the tokenizer cannot decode what it encodes.</exception>
    public static TokenizerDefinition Define(MicrosoftTokenizer tokenizer, InferenceTokenizerOptions options)
    {
        TokenizerTraits traits = TokenizerTraits.Of(tokenizer);
        Tokenizer? model = options.Model;
        int? begin = options.BeginOfText ?? model?.BeginOfText ?? traits.BeginOfText;
        int? end = options.EndOfText ?? model?.EndOfText ?? traits.EndOfText;
        int size = options.VocabularySize ?? traits.Size(tokenizer) ?? model?.VocabularySize
            ?? throw new ArgumentException($"A {tokenizer.GetType()} does not list its vocabulary: {nameof(options.VocabularySize)} or {nameof(options.Model)} must be set.", nameof(options));
        size = Math.Max(size, Math.Max(begin ?? -1, end ?? -1) + 1);
        if (size <= 0)
            throw new ArgumentException("The tokenizer has no tokens.", nameof(tokenizer));

        var encoder = new PartEncoder(tokenizer, traits.BeginOfText ?? begin, traits.EndOfText ?? end);
        var texts = new TokenTexts(tokenizer, encoder);
        return new()
        {
            Encoder = encoder.Encode,
            Tokens = Describe(traits, texts, options, size, [begin, end, traits.BeginOfText, traits.EndOfText]),
            BeginOfText = begin,
            EndOfText = end,
            EndOfGeneration = [.. (model?.EndOfGeneration ?? (IEnumerable<int>)[]).Where(id => id < size)],
            AddsBeginOfText = options.AddsBeginOfText ?? model?.AddsBeginOfText ?? encoder.AddsBeginOfText,
            AddsEndOfText = options.AddsEndOfText ?? (model is null ? encoder.AddsEndOfText : AddsEnd(model)),
            DropsFirstSpace = texts.DropsFirstSpace,
            DropsLastSpace = texts.DropsLastSpace,
            ChatTemplate = options.ChatTemplate ?? model?.ChatTemplate,
            ToolChatTemplate = options.ChatTemplate is null ? model?.ToolChatTemplate : null,
        };
    }

    private static TokenDefinition[] Describe(TokenizerTraits traits, TokenTexts texts, InferenceTokenizerOptions options, int size, int?[] marks)
    {
        string?[] spellings = new string?[size];
        var control = new HashSet<int>();
        foreach ((string spelling, int id) in traits.Vocabulary ?? new Dictionary<string, int>())
            spellings[id] = spelling;
        foreach ((string spelling, int id) in (traits.Control ?? new Dictionary<string, int>()).Concat(options.ControlTokens))
        {
            if ((uint)id >= (uint)size)
                throw new ArgumentException($"The control token '{spelling}' has the id {id}; the vocabulary has ids 0 to {size - 1}.", nameof(options));
            spellings[id] = spelling;
            // Runs of spaces are listed as special tokens by a CodeGenTokenizer.
            if (!string.IsNullOrWhiteSpace(spelling))
                control.Add(id);
        }

        control.UnionWith(marks.OfType<int>());
        Tokenizer? model = options.Model;
        var tokens = new TokenDefinition[size];
        for (int id = 0; id < size; id++)
        {
            // The model's word counts for its own tokens: what others list as special is often text that is shown, such as marks of reasoning.
            bool isModels = model?.TokenText(id) is not null;
            if (isModels ? model!.IsSpecial(id) : id == traits.Unknown || control.Contains(id))
            {
                tokens[id] = new(model?.TokenText(id) ?? spellings[id] ?? "", default, id == traits.Unknown && !marks.Contains(id) ? TokenRole.Unknown : TokenRole.Control);
                continue;
            }

            ReadOnlyMemory<byte> bytes = texts.Find(id);
            string? spelling = spellings[id] ?? (traits.Vocabulary is null && bytes.Length > 0 ? System.Text.Encoding.UTF8.GetString(bytes.Span) : null);
            tokens[id] = new(spelling, bytes);
        }

        return tokens;
    }

    private static bool AddsEnd(Tokenizer model)
    {
        int[] empty = model.Encode("", addSpecial: true);
        return empty.Length > (model.AddsBeginOfText ? 1 : 0) && empty[^1] == model.EndOfText;
    }
}

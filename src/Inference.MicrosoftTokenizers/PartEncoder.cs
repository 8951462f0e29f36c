using Microsoft.ML.Tokenizers;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;

namespace Inference.MicrosoftTokenizers;

/// <summary>Encodes parts of texts: without the tokens that a tokenizer puts around a whole text, and without a space before what does not start one.</summary>
/// <remarks>Immutable; as thread-safe as the tokenizer.</remarks>
internal sealed class PartEncoder
{
    private readonly MicrosoftTokenizer _tokenizer;
    private readonly int? _prefix;
    private readonly int? _suffix;

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="begin">The token that starts a text, or null.</param>
    /// <param name="end">The token that ends a text, or null.</param>
    public PartEncoder(MicrosoftTokenizer tokenizer, int? begin, int? end)
    {
        _tokenizer = tokenizer;
        IReadOnlyList<int> whole = tokenizer.EncodeToIds("a");
        _prefix = whole.Count > 0 && whole[0] == begin ? begin : null;
        _suffix = whole.Count > 0 && whole[^1] == end ? end : null;
    }

    /// <summary>Whether the tokenizer puts the first token before a text itself.</summary>
    public bool AddsBeginOfText => _prefix is not null;

    /// <summary>Whether it puts the last one behind.</summary>
    public bool AddsEndOfText => _suffix is not null;

    /// <summary>Encodes a part.</summary>
    public IReadOnlyList<int> Encode(string text, bool startsText)
    {
        IReadOnlyList<int> ids = startsText ? _tokenizer.EncodeToIds(text) : EncodeRest(text);
        int start = _prefix is not null && ids.Count > 0 && ids[0] == _prefix ? 1 : 0;
        int end = ids.Count - (_suffix is not null && ids.Count > start && ids[^1] == _suffix ? 1 : 0);
        return start == 0 && end == ids.Count ? ids : [.. ids.Skip(start).Take(end - start)];
    }

    private IReadOnlyList<int> EncodeRest(string text)
    {
        switch (_tokenizer)
        {
            case SentencePieceTokenizer { AddDummyPrefix: true, TreatWhitespaceAsSuffix: false, Normalizer: SentencePieceNormalizer normalizer } pieces:
                // A letter takes the space that is put before a text; what is left is the text as it is further in.
                string normalized = normalizer.Normalize("a" + text);
                string begun = normalizer.Normalize("a");
                return normalized.StartsWith(begun, StringComparison.Ordinal)
                    ? pieces.EncodeToIds(normalized[begun.Length..], considerNormalization: false)
                    : pieces.EncodeToIds(text);
            case CodeGenTokenizer { AddPrefixSpace: true } tokenizer:
                return tokenizer.EncodeToIds(text, addPrefixSpace: false, addBeginningOfSentence: false, addEndOfSentence: false);
            default:
                return _tokenizer.EncodeToIds(text);
        }
    }
}

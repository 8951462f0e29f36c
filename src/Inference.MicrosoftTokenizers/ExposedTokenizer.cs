using System.Buffers;
using Inference.Tokenization;
using Microsoft.ML.Tokenizers;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;
using Tokenizer = Inference.Tokenization.Tokenizer;

namespace Inference.MicrosoftTokenizers;

/// <summary>A tokenizer of this library behind the members of Microsoft.ML.Tokenizers.</summary>
internal sealed class ExposedTokenizer : MicrosoftTokenizer
{
    private readonly MicrosoftTokenizerOptions _options;
    private readonly int[] _prefix = [];
    private readonly int[] _suffix = [];

    public ExposedTokenizer(Tokenizer inner, MicrosoftTokenizerOptions options)
    {
        Inner = inner;
        _options = options;
        if (!options.AddSpecialTokens)
            return;
        int[] body = inner.Encode("a", addSpecial: false);
        int[] whole = inner.Encode("a", addSpecial: true);
        int start = whole.AsSpan().IndexOf(body);
        (_prefix, _suffix) = (whole[..start], whole[(start + body.Length)..]);
    }

    /// <summary>The tokenizer behind.</summary>
    public Tokenizer Inner { get; }

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        TokenOffsets tokens = Encode(text, textSpan, settings);
        int count = tokens.CountFrom(0, settings.MaxTokenCount);
        return new()
        {
            Tokens = [.. Enumerable.Range(0, count).Select(i => new EncodedToken(tokens.Ids[i], tokens.Value(i), tokens.Range(i)))],
            NormalizedText = tokens.NormalizedText,
            CharsConsumed = tokens.EndOf(count),
        };
    }

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        TokenOffsets tokens = Encode(text, textSpan, settings);
        int count = tokens.CountFrom(0, settings.MaxTokenCount);
        return new() { Tokens = tokens.Ids[..count], NormalizedText = tokens.NormalizedText, CharsConsumed = tokens.EndOf(count) };
    }

    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        Check(settings);
        // Where a character lies makes a difference only to what is cut.
        return settings.MaxTokenCount == int.MaxValue
            ? _prefix.Length + _suffix.Length + Inner.Encode(text ?? textSpan.ToString(), addSpecial: false, _options.ParseSpecialTokens).Length
            : Encode(text, textSpan, settings).CountFrom(0, settings.MaxTokenCount);
    }

    protected override int GetIndexByTokenCount(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        TokenOffsets tokens = Encode(text, textSpan, settings);
        normalizedText = tokens.NormalizedText;
        if (!fromEnd)
        {
            tokenCount = tokens.CountFrom(0, settings.MaxTokenCount);
            return tokens.EndOf(tokenCount);
        }

        tokenCount = tokens.CountToEnd(settings.MaxTokenCount);
        return tokens.StartOf(tokens.Ids.Length - tokenCount);
    }

    /// <exception cref="InvalidOperationException">An id is outside the vocabulary, as with other tokenizers of that library.</exception>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        int[] tokens = [.. ids];
        if (Array.FindIndex(tokens, IsOutside) is >= 0 and int outside)
            throw new InvalidOperationException($"The token {tokens[outside]} is not in the vocabulary.");
        return Inner.Decode(tokens, _options.DecodeSpecialTokens);
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        idsConsumed = 0;
        charsWritten = 0;
        List<int> taken = [];
        foreach (int id in ids)
        {
            if (IsOutside(id))
                return OperationStatus.InvalidData;
            taken.Add(id);
        }

        // All of it, where it fits; otherwise as many tokens as end with a whole character inside.
        int[] tokens = [.. taken];
        string text = Inner.Decode(tokens, _options.DecodeSpecialTokens);
        if (text.Length <= destination.Length)
        {
            text.CopyTo(destination);
            (idsConsumed, charsWritten) = (tokens.Length, text.Length);
            return OperationStatus.Done;
        }

        // A longer prefix has no shorter text.
        (int fits, int tooLong) = (0, tokens.Length);
        while (tooLong - fits > 1)
        {
            int middle = fits + ((tooLong - fits) / 2);
            (fits, tooLong) = Text(middle).Length <= destination.Length ? (middle, tooLong) : (fits, middle);
        }

        // The beginning of a character is another text than the character.
        string part = Text(fits);
        while (!text.StartsWith(part, StringComparison.Ordinal))
            part = Text(--fits);
        part.CopyTo(destination);
        (idsConsumed, charsWritten) = (fits, part.Length);
        return OperationStatus.DestinationTooSmall;

        string Text(int count) => Inner.Decode(tokens.AsSpan(0, count), _options.DecodeSpecialTokens);
    }

    private bool IsOutside(int id) => (uint)id >= (uint)Inner.VocabularySize || Inner.TokenText(id) is null;

    private TokenOffsets Encode(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        Check(settings);
        text ??= textSpan.ToString();
        return new TokenOffsets(Inner, text, _prefix, Inner.Encode(text, addSpecial: false, _options.ParseSpecialTokens), _suffix);
    }

    private static void Check(EncodeSettings settings)
    {
        if (!settings.ConsiderNormalization)
            throw new NotSupportedException("considerNormalization cannot be false: normalization is a part of this tokenizer.");
        if (!settings.ConsiderPreTokenization)
            throw new NotSupportedException("considerPreTokenization cannot be false: pre-tokenization is a part of this tokenizer.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxTokenCount, "maxTokenCount");
    }
}

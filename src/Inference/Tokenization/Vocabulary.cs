namespace Inference.Tokenization;

/// <summary>The tokens of a vocabulary: how each is spelled, what bytes it contributes, what it is. Immutable.</summary>
internal sealed class Vocabulary
{
    private readonly string?[] _texts;
    private readonly TokenKind[] _kinds;
    private readonly byte[] _bytes;
    private readonly int[] _ends;

    /// <summary>Takes over the arrays; a null text is a hole in the numbering.</summary>
    /// <param name="texts">The vocabulary's own spelling of each token.</param>
    /// <param name="kinds">What each token is.</param>
    /// <param name="decoder">How spellings turn into text.</param>
    public Vocabulary(string?[] texts, TokenKind[] kinds, TokenDecoder decoder)
    {
        _texts = texts;
        _kinds = kinds;
        _ends = new int[texts.Length];
        LeadingSpaceIsPrefix = decoder.LeadingSpaceIsPrefix;
        var bytes = new List<byte>(texts.Length * 6);
        for (int i = 0; i < texts.Length; i++)
        {
            if (texts[i] is string text)
                bytes.AddRange(decoder.Bytes(text, kinds[i]));
            _ends[i] = bytes.Count;
        }

        _bytes = [.. bytes];
    }

    /// <summary>One more than the highest id.</summary>
    public int Count => _texts.Length;

    /// <summary>Whether one space at the very start of a decoded text was added by encoding and is taken off again.</summary>
    public bool LeadingSpaceIsPrefix { get; }

    /// <summary>The spelling; null for a hole or an id beyond the vocabulary.</summary>
    public string? Text(int id) => (uint)id < (uint)_texts.Length ? _texts[id] : null;

    /// <summary>The bytes of text; none for control tokens, holes and ids beyond the vocabulary.</summary>
    public ReadOnlySpan<byte> Bytes(int id)
    {
        if ((uint)id >= (uint)_ends.Length)
            return default;

        int start = id == 0 ? 0 : _ends[id - 1];
        return _bytes.AsSpan(start, _ends[id] - start);
    }

    /// <summary>Whether the token is a mark for the model rather than text.</summary>
    public bool IsSpecial(int id) => (uint)id < (uint)_kinds.Length && _kinds[id] is TokenKind.Control or TokenKind.Unknown;

    /// <summary>What the token is.</summary>
    public TokenKind Kind(int id) => _kinds[id];
}

using System.Buffers;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>The tokens of a vocabulary: how each is spelled, what bytes it contributes, what it is. Immutable.</summary>
internal sealed class Vocabulary
{
    private readonly IReadOnlyList<string?> _texts;
    private readonly TokenKind[] _kinds;
    private readonly byte[] _bytes;
    private readonly int[] _ends;

    /// <summary>Takes over the arrays; a null text is a hole in the numbering.</summary>
    /// <param name="texts">The vocabulary's own spelling of each token.</param>
    /// <param name="kinds">What each token is.</param>
    /// <param name="decoder">How spellings turn into text.</param>
    public Vocabulary(string?[] texts, TokenKind[] kinds, TokenDecoder decoder)
        : this(texts, new GgufStrings([.. texts.Select(text => text ?? "")]), kinds, decoder)
    {
    }

    /// <summary>Takes over the spellings as UTF-8, and makes strings of them only when asked.</summary>
    /// <param name="texts">The vocabulary's own spelling of each token.</param>
    /// <param name="kinds">What each token is.</param>
    /// <param name="decoder">How spellings turn into text.</param>
    public Vocabulary(GgufStrings texts, TokenKind[] kinds, TokenDecoder decoder)
        : this(texts, texts, kinds, decoder)
    {
    }

    private Vocabulary(IReadOnlyList<string?> texts, GgufStrings utf8, TokenKind[] kinds, TokenDecoder decoder)
    {
        _texts = texts;
        _kinds = kinds;
        _ends = new int[texts.Count];
        Decoder = decoder;
        var bytes = new ArrayBufferWriter<byte>(utf8.Count * 6 + 1);
        for (int i = 0; i < _ends.Length; i++)
        {
            decoder.Write(utf8.Utf8(i), kinds[i], bytes);
            _ends[i] = bytes.WrittenCount;
        }

        _bytes = bytes.WrittenSpan.ToArray();
    }

    /// <summary>Takes tokens of which it is known already what they contribute.</summary>
    /// <param name="tokens">The tokens, by id.</param>
    /// <param name="decoder">What is taken off the ends of a text.</param>
    public Vocabulary(TokenDefinition[] tokens, TokenDecoder decoder)
    {
        _texts = Array.ConvertAll(tokens, token => token.Spelling);
        _kinds = Array.ConvertAll(tokens, token => token.Role switch
        {
            TokenRole.Control => TokenKind.Control,
            TokenRole.Unknown => TokenKind.Unknown,
            _ => TokenKind.Normal,
        });
        _ends = new int[tokens.Length];
        Decoder = decoder;
        var bytes = new ArrayBufferWriter<byte>(tokens.Length * 6 + 1);
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i].Role == TokenRole.Text)
                bytes.Write(tokens[i].Utf8.Span);
            _ends[i] = bytes.WrittenCount;
        }

        _bytes = bytes.WrittenSpan.ToArray();
    }

    /// <summary>One more than the highest id.</summary>
    public int Count => _ends.Length;

    /// <summary>How spellings turn into text.</summary>
    public TokenDecoder Decoder { get; }

    /// <summary>The spelling; null for a hole or an id beyond the vocabulary.</summary>
    public string? Text(int id) => (uint)id < (uint)_ends.Length ? _texts[id] : null;

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

using System.Text;
using MicrosoftTokenizer = Microsoft.ML.Tokenizers.Tokenizer;

namespace Inference.MicrosoftTokenizers;

/// <summary>
/// What each token adds to a text, found out by decoding alone: a token is put between two that are known, and what they add is taken off.
/// A token that is part of a character is completed with tokens of single bytes.
/// </summary>
internal sealed class TokenTexts
{
    private const char Replacement = '\uFFFD';

    private readonly MicrosoftTokenizer _tokenizer;
    private readonly PartEncoder _encoder;
    private readonly SingleBytes _bytes;
    private readonly int _anchor = -1;
    private readonly string _head = "";
    private readonly string _tail = "";

    /// <exception cref="ArgumentException">The tokenizer does not decode what it encodes.</exception>
    public TokenTexts(MicrosoftTokenizer tokenizer, PartEncoder encoder)
    {
        _tokenizer = tokenizer;
        _encoder = encoder;
        foreach (string letter in (string[])["a", "e", "o", "A", "0", "x"])
        {
            if (encoder.Encode(letter, startsText: false) is not [int id] || tokenizer.Decode([id]) is not { Length: > 0 } one)
                continue;
            string two = tokenizer.Decode([id, id]);
            if (two.Length == one.Length || !two.StartsWith(one, StringComparison.Ordinal))
                continue;
            (_anchor, _head, _tail) = (id, one, two[one.Length..]);
            break;
        }

        if (_anchor < 0)
            throw new ArgumentException("The tokenizer does not decode letters that it encodes.", nameof(tokenizer));
        _bytes = new SingleBytes(encoder);
    }

    /// <summary>Whether a space that begins a decoded text is taken off.</summary>
    public bool DropsFirstSpace { get; private set; }

    /// <summary>Whether a space that ends a decoded text is taken off.</summary>
    public bool DropsLastSpace { get; private set; }

    /// <summary>The bytes that a token adds in the middle of a text.</summary>
    public ReadOnlyMemory<byte> Find(int id)
    {
        string text = Between([id]) ?? _tokenizer.Decode([id]);
        if (text.Contains(Replacement, StringComparison.Ordinal))
            return FindBytes(id) ?? Encoding.UTF8.GetBytes(text);
        if (text.StartsWith(' ') && !DropsFirstSpace)
            DropsFirstSpace = !_tokenizer.Decode([id]).StartsWith(' ');
        if (text.EndsWith(' ') && !DropsLastSpace)
            DropsLastSpace = !_tokenizer.Decode([_anchor, id]).EndsWith(' ');
        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>What tokens add between two that are known; null where these change with them.</summary>
    private string? Between(int[] ids)
    {
        string text = _tokenizer.Decode([_anchor, .. ids, _anchor]);
        return text.Length >= _head.Length + _tail.Length && text.StartsWith(_head, StringComparison.Ordinal) && text.EndsWith(_tail, StringComparison.Ordinal)
            ? text[_head.Length..^_tail.Length]
            : null;
    }

    /// <summary>The bytes of a token that is not whole characters; null where no bytes around it make it whole.</summary>
    private byte[]? FindBytes(int id)
    {
        // The character itself, whole.
        if (_encoder.Encode(Replacement.ToString(), startsText: false) is [int whole] && whole == id)
            return Encoding.UTF8.GetBytes(Replacement.ToString());
        foreach (int[] before in _bytes.Beginnings)
        {
            foreach (int[] after in _bytes.Ends)
            {
                if (Between([.. before, id, .. after]) is not { } text || text.Contains(Replacement, StringComparison.Ordinal))
                    continue;
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                return bytes.Length > before.Length + after.Length ? bytes[before.Length..^after.Length] : null;
            }
        }

        return null;
    }
}

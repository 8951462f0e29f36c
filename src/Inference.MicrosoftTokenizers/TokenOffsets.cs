using System.Buffers;
using System.Text;
using Inference.Tokenization;

namespace Inference.MicrosoftTokenizers;

/// <summary>The tokens of a text, and which of its characters each stands for.</summary>
internal sealed class TokenOffsets
{
    private readonly string _text;
    private readonly Tokenizer _tokenizer;
    private readonly int[] _starts;
    private readonly int[] _ends;

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">The text that was encoded.</param>
    /// <param name="prefix">Tokens before it.</param>
    /// <param name="body">Its tokens.</param>
    /// <param name="suffix">Tokens behind it.</param>
    public TokenOffsets(Tokenizer tokenizer, string text, int[] prefix, int[] body, int[] suffix)
    {
        _tokenizer = tokenizer;
        Ids = [.. prefix, .. body, .. suffix];
        _starts = new int[Ids.Length];
        _ends = new int[Ids.Length];

        var spelled = new ArrayBufferWriter<byte>(text.Length + 16);
        int[] ends = new int[body.Length];
        for (int i = 0; i < body.Length; i++)
        {
            spelled.Write(tokenizer.IsSpecial(body[i]) ? Encoding.UTF8.GetBytes(tokenizer.TokenText(body[i]) ?? "") : tokenizer.TokenBytes(body[i]));
            ends[i] = spelled.WrittenCount;
        }

        // What decoding takes off the start was put there by encoding.
        ReadOnlySpan<byte> bytes = spelled.WrittenSpan;
        byte[] decoded = Encoding.UTF8.GetBytes(tokenizer.Decode(body, includeSpecial: true));
        int leading = bytes.EndsWith(decoded) ? bytes.Length - decoded.Length : 0;
        bytes = bytes[leading..];

        int[] characters = Decode(bytes, out _text);
        NormalizedText = bytes.SequenceEqual(Encoding.UTF8.GetBytes(text)) ? null : _text;
        int start = 0;
        for (int i = 0; i < body.Length; i++)
        {
            int end = Math.Max(0, ends[i] - leading);
            (_starts[prefix.Length + i], _ends[prefix.Length + i]) = start == end
                ? (characters[start], characters[start])
                : (characters[start], AfterCharacter(characters, end));
            start = end;
        }

        _starts.AsSpan(prefix.Length + body.Length).Fill(_text.Length);
        _ends.AsSpan(prefix.Length + body.Length).Fill(_text.Length);
    }

    /// <summary>All tokens.</summary>
    public int[] Ids { get; }

    /// <summary>What the tokens spell, where that is not the text; offsets are then into this.</summary>
    public string? NormalizedText { get; }

    /// <summary>The characters of a token; for one that is part of a character, all of that one's.</summary>
    public Range Range(int token) => _starts[token].._ends[token];

    /// <summary>The text of a token, or the spelling of one that is not text.</summary>
    public string Value(int token) => _tokenizer.IsSpecial(Ids[token]) ? _tokenizer.TokenText(Ids[token]) ?? "" : _text[Range(token)];

    /// <summary>How many tokens from one on can be taken, of at most so many, without a part of a character alone.</summary>
    public int CountFrom(int first, int most)
    {
        int count = Math.Min(most, Ids.Length - first);
        while (count > 0 && !IsBorder(first + count))
            count--;
        return count;
    }

    /// <summary>How many tokens at the end can be taken, of at most so many.</summary>
    public int CountToEnd(int most)
    {
        int count = Math.Min(most, Ids.Length);
        while (count > 0 && !IsBorder(Ids.Length - count))
            count--;
        return count;
    }

    /// <summary>Where a token starts, or the text's length after the last one.</summary>
    public int StartOf(int token) => token == 0 ? 0 : token == Ids.Length ? _text.Length : _starts[token];

    /// <summary>Where so many tokens end.</summary>
    public int EndOf(int count) => count == 0 ? 0 : count == Ids.Length ? _text.Length : _ends[count - 1];

    private bool IsBorder(int token) => token == 0 || token == Ids.Length || _starts[token] >= _ends[token - 1];

    /// <summary>For each byte the first UTF-16 unit of the character that it belongs to; after the last, the text's length.</summary>
    private static int[] Decode(ReadOnlySpan<byte> bytes, out string text)
    {
        int[] characters = new int[bytes.Length + 1];
        var decoded = new StringBuilder(bytes.Length);
        for (int i = 0; i < bytes.Length;)
        {
            // Gives U+FFFD for what is no character, as decoding does.
            Rune.DecodeFromUtf8(bytes[i..], out Rune rune, out int length);
            characters.AsSpan(i, length).Fill(decoded.Length);
            decoded.Append(rune);
            i += length;
        }

        characters[^1] = decoded.Length;
        text = decoded.ToString();
        return characters;
    }

    /// <summary>Where the character ends that the byte before a place belongs to.</summary>
    private static int AfterCharacter(int[] characters, int place)
    {
        int character = characters[place - 1];
        while (characters[place] == character)
            place++;
        return characters[place];
    }
}

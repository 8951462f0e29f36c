using System.Buffers;

namespace Inference.Tokenization;

/// <summary>The printable characters that stand for bytes in byte-level vocabularies.</summary>
/// <remarks>Radford et al., GPT-2 (2019): printable Latin-1 stands for itself, the other 68 bytes for U+0100 and up, in order.</remarks>
internal static class ByteLevelAlphabet
{
    private static readonly char[] _characters = MakeCharacters();
    private static readonly short[] _bytes = MakeBytes();

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => _characters[value];

    /// <summary>Writes the bytes that a token's text stands for; the text itself where a character is outside the alphabet.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="destination">Receives them.</param>
    public static void Write(ReadOnlySpan<byte> text, IBufferWriter<byte> destination)
    {
        Span<byte> bytes = destination.GetSpan(text.Length);
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int character = text[i];
            // The alphabet ends below U+0800: its characters take one byte or two.
            if (character >= 0x80)
                character = character is >= 0xC2 and < 0xE0 && ++i < text.Length ? (character & 0x1F) << 6 | text[i] & 0x3F : _bytes.Length;
            if (character >= _bytes.Length || _bytes[character] < 0)
            {
                text.CopyTo(bytes);
                count = text.Length;
                break;
            }

            bytes[count++] = (byte)_bytes[character];
        }

        destination.Advance(count);
    }

    private static bool IsPrintable(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        int next = 256;
        for (int i = 0; i < 256; i++)
            characters[i] = (char)(IsPrintable(i) ? i : next++);
        return characters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[256 + 68];
        Array.Fill(bytes, (short)-1);
        for (int i = 0; i < 256; i++)
            bytes[_characters[i]] = (short)i;
        return bytes;
    }
}

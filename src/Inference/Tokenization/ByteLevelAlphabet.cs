using System.Text;

namespace Inference.Tokenization;

/// <summary>The printable characters that stand for bytes in byte-level vocabularies.</summary>
/// <remarks>Radford et al., GPT-2 (2019): printable Latin-1 stands for itself, the other 68 bytes for U+0100 and up, in order.</remarks>
internal static class ByteLevelAlphabet
{
    private static readonly char[] _characters = MakeCharacters();
    private static readonly short[] _bytes = MakeBytes();

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => _characters[value];

    /// <summary>The bytes that a token's text stands for; its UTF-8 where a character is outside the alphabet.</summary>
    public static byte[] Bytes(string text)
    {
        byte[] bytes = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] >= _bytes.Length || _bytes[text[i]] < 0)
                return Encoding.UTF8.GetBytes(text);
            bytes[i] = (byte)_bytes[text[i]];
        }

        return bytes;
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

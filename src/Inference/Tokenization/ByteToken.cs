using System.Globalization;

namespace Inference.Tokenization;

/// <summary>The spelling &lt;0xXX&gt; of tokens that stand for one byte.</summary>
internal static class ByteToken
{
    /// <summary>Reads such a spelling.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out byte value)
    {
        value = 0;
        return text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>'
            && byte.TryParse(text.Slice(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}

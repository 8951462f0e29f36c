using System.Collections;
using System.Text;
using Utf8Encoding = System.Text.Unicode.Utf8;

namespace Inference.Formats;

/// <summary>An array of strings as a GGUF file holds it: UTF-8 in one piece, decoded when asked for.</summary>
/// <remarks>
/// Vocabularies have some hundred thousand entries, of which few are ever needed as <see cref="string"/>; and their bytes are
/// not always valid UTF-8. Instances are immutable and safe to share between threads; they do not depend on the file.
/// </remarks>
public sealed class GgufStrings : IReadOnlyList<string>
{
    private readonly byte[] _utf8;
    private readonly int[] _ends;

    /// <summary>Encodes strings.</summary>
    /// <param name="strings">The strings, in order.</param>
    /// <exception cref="OverflowException">They take more than 2 GiB together.</exception>
    public GgufStrings(IReadOnlyCollection<string> strings)
    {
        ArgumentNullException.ThrowIfNull(strings);
        _ends = new int[strings.Count];
        int length = 0, index = 0;
        foreach (string text in strings)
            _ends[index++] = length = checked(length + Encoding.UTF8.GetByteCount(text));

        _utf8 = new byte[length];
        index = 0;
        foreach (string text in strings)
            Encoding.UTF8.GetBytes(text, _utf8.AsSpan(Start(index++)));
    }

    internal GgufStrings(byte[] utf8, int[] ends)
    {
        _utf8 = utf8;
        _ends = ends;
    }

    /// <inheritdoc/>
    public int Count => _ends.Length;

    /// <summary>Decodes one string; bytes that are not UTF-8 become U+FFFD. Allocates on each call.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such string.</exception>
    public string this[int index] => Encoding.UTF8.GetString(Utf8(index));

    /// <summary>The bytes of one string, as they are in the file.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such string.</exception>
    public ReadOnlySpan<byte> Utf8(int index) => _utf8.AsSpan(Start(index).._ends[index]);

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The same strings with bytes that are not UTF-8 replaced by U+FFFD, as decoding would: itself where there are none.</summary>
    internal GgufStrings ReplaceInvalid()
    {
        // Valid as a whole, and no string begins inside a character.
        bool valid = Utf8Encoding.IsValid(_utf8);
        for (int i = 0; valid && i < _ends.Length; i++)
            valid = _ends[i] == _utf8.Length || (_utf8[_ends[i]] & 0xC0) != 0x80;
        return valid ? this : new GgufStrings([.. this]);
    }

    private int Start(int index) => index == 0 ? 0 : _ends[index - 1];
}

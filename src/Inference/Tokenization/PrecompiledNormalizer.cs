using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Inference.Formats;

namespace Inference.Tokenization;

/// <summary>The rules of a SentencePiece model: at each place the longest text that has a replacement is replaced.</summary>
/// <remarks>
/// The rules are a double array (Aoe, 1989, in the layout of Darts-clone): an entry's bits 0..7 are its byte, bit 8 says that a
/// value hangs on it, bits 10..30 are the distance to its children, 256 times as far where bit 9 is set; an entry with bit 31
/// is a value, which is where a text ended by a zero byte begins.
/// </remarks>
internal sealed class PrecompiledNormalizer : Normalizer
{
    private const int MaxKey = 256;
    private const int MaxReplacement = 256;
    private const uint ValueBit = 1U << 31;

    private readonly uint[] _entries;
    private readonly byte[] _replacements;
    private readonly bool[] _begins = new bool[256];

    private PrecompiledNormalizer(uint[] entries, byte[] replacements)
    {
        _entries = entries;
        _replacements = replacements;
        for (int value = 1; value < 256; value++)
            _begins[value] = Child(0, (byte)value) >= 0;
    }

    /// <summary>Reads the rules.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="field">Where in the file, for errors.</param>
    /// <param name="rules">The size of the array in bytes, the array, and the replacements.</param>
    /// <returns>Null where there are no rules.</returns>
    /// <exception cref="ModelFormatException">They are malformed.</exception>
    public static PrecompiledNormalizer? Read(string path, string field, ReadOnlySpan<byte> rules)
    {
        if (rules.IsEmpty)
            return null;
        uint size = rules.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(rules) : 0;
        if (size == 0 || size % sizeof(uint) != 0 || size > rules.Length - sizeof(uint))
            throw new ModelFormatException(path, field, -1, $"the rules take {rules.Length} bytes and say that their array takes {size}");

        uint[] entries = new uint[size / sizeof(uint)];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = BinaryPrimitives.ReadUInt32LittleEndian(rules[(sizeof(uint) * (i + 1))..]);
        byte[] replacements = rules[(sizeof(uint) + (int)size)..].ToArray();
        for (int i = 0; i < entries.Length; i++)
            Check(path, field, entries, i, replacements);
        return new PrecompiledNormalizer(entries, replacements);
    }

    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        int copied = 0;
        for (int i = 0; i < text.Length;)
        {
            int length = _begins[text[i]] ? Longest(text[i..], out int value) : NoMatch(out value);
            if (length > 0)
            {
                output.Write(text[copied..i]);
                ReadOnlySpan<byte> rest = _replacements.AsSpan(value);
                output.Write(rest[..rest.IndexOf((byte)0)]);
                copied = i += length;
            }
            else if (text[i] < 0x80)
            {
                i++;
            }
            else
            {
                bool valid = Rune.DecodeFromUtf8(text[i..], out _, out int whole) == OperationStatus.Done;
                if (!valid)
                {
                    output.Write(text[copied..i]);
                    output.Write("\uFFFD"u8);
                    copied = i + whole;
                }

                i += whole;
            }
        }

        output.Write(text[copied..]);
    }

    private static void Check(string path, string field, uint[] entries, int index, byte[] replacements)
    {
        uint entry = entries[index];
        if ((entry & ValueBit) != 0)
        {
            long value = entry & ~ValueBit;
            int length = value < replacements.Length ? replacements.AsSpan((int)value).IndexOf((byte)0) : -1;
            if (length is < 0 or > MaxReplacement)
                throw new ModelFormatException(path, field, -1, $"entry {index} of the rules has no replacement at {value}");
        }
        else if ((entry >> 8 & 1) != 0)
        {
            long value = index ^ Distance(entry);
            if (value >= entries.Length || (entries[value] & ValueBit) == 0)
                throw new ModelFormatException(path, field, -1, $"entry {index} of the rules has no value at {value}");
        }
    }

    private static long Distance(uint entry) => (long)(entry >> 10) << (int)((entry & 1U << 9) >> 6);

    private static int NoMatch(out int value)
    {
        value = 0;
        return 0;
    }

    private long Child(long node, byte value)
    {
        long child = node ^ Distance(_entries[node]) ^ value;
        return child < _entries.Length && (_entries[child] & (ValueBit | 0xFF)) == value ? child : -1;
    }

    private int Longest(ReadOnlySpan<byte> text, out int value)
    {
        int longest = 0;
        value = 0;
        long node = 0;
        for (int i = 0; i < text.Length && i < MaxKey && text[i] != 0; i++)
        {
            node = Child(node, text[i]);
            if (node < 0)
                break;
            if ((_entries[node] >> 8 & 1) != 0)
            {
                longest = i + 1;
                value = (int)(_entries[node ^ Distance(_entries[node])] & ~ValueBit);
            }
        }

        return longest;
    }
}

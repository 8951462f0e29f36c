using System.Buffers.Binary;
using System.Text;

namespace Inference.Tests.Tokenization;

/// <summary>Builds the rules of a SentencePiece normaliser in the layout of its files.</summary>
internal static class DoubleArrayBuilder
{
    public static byte[] Build(IReadOnlyDictionary<string, string> rules)
    {
        List<byte> replacements = [];
        var values = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        foreach ((string from, string to) in rules)
        {
            values[Convert.ToHexString(Encoding.UTF8.GetBytes(from))] = (uint)replacements.Count;
            replacements.AddRange(Encoding.UTF8.GetBytes(to));
            replacements.Add(0);
        }

        uint[] entries = new uint[1 << 16];
        bool[] used = new bool[entries.Length];
        HashSet<int> origins = [];
        used[0] = true;
        Place("", 0);
        int size = Array.FindLastIndex(used, taken => taken) + 1;
        byte[] result = new byte[4 + (4 * size) + replacements.Count];
        BinaryPrimitives.WriteUInt32LittleEndian(result, (uint)(4 * size));
        for (int i = 0; i < size; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(result.AsSpan(4 + (4 * i)), entries[i]);
        replacements.CopyTo(result, 4 + (4 * size));
        return result;

        void Place(string prefix, int node)
        {
            byte[] children = [.. values.Keys.Where(key => key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(key => Convert.ToByte(key.Substring(prefix.Length, 2), 16)).Distinct()];
            bool isEnd = values.TryGetValue(prefix, out uint value);
            int[] slots = [.. children.Select(child => (int)child).Concat(isEnd ? [0] : [])];
            int origin = 1;
            while (slots.Any(slot => used[origin ^ slot]) || !origins.Add(origin))
                origin++;
            foreach (int slot in slots)
                used[origin ^ slot] = true;
            entries[node] |= (uint)(node ^ origin) << 10 | (isEnd ? 1U << 8 : 0);
            if (isEnd)
                entries[origin] = value | 1U << 31;
            foreach (byte child in children)
            {
                entries[origin ^ child] = child;
                Place($"{prefix}{child:X2}", origin ^ child);
            }
        }
    }
}

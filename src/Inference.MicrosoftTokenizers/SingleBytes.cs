using System.Text;

namespace Inference.MicrosoftTokenizers;

/// <summary>Tokens that are single bytes of UTF-8, and what can be put together from them to begin or to end a character.</summary>
internal sealed class SingleBytes
{
    // A byte that begins a character of two, three, or four bytes, and takes any byte of 80 to BF next.
    private static readonly (int First, int Last)[] _beginnings = [(0xC2, 0xDF), (0xE1, 0xEC), (0xF1, 0xF3)];

    // After most bytes any three will do; E0 and F0 ask for one from A0 and 90 on.
    private static readonly byte[][] _ends = [[0x80], [0xA0], [0x80, 0x80], [0xA0, 0x80], [0x80, 0x80, 0x80], [0xA0, 0x80, 0x80]];

    private readonly Dictionary<byte, int> _ids = [];

    /// <summary>Finds tokens where characters that no vocabulary has are encoded as their bytes.</summary>
    public SingleBytes(PartEncoder encoder)
    {
        foreach (int character in Rare())
        {
            string text = char.ConvertFromUtf32(character);
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.All(_ids.ContainsKey))
                continue;
            IReadOnlyList<int> ids = encoder.Encode(text, startsText: false);
            // The same byte is the same token: else something else was found.
            if (ids.Count != bytes.Length || Enumerable.Range(0, bytes.Length).Any(i => _ids.GetValueOrDefault(bytes[i], ids[i]) != ids[i]) || ids.Distinct().Count() != bytes.Distinct().Count())
                continue;
            for (int i = 0; i < bytes.Length; i++)
                _ids[bytes[i]] = ids[i];
        }

        List<int[]> beginnings = [[]];
        foreach ((int first, int last) in _beginnings)
        {
            if (Enumerable.Range(first, last - first + 1).FirstOrDefault(value => _ids.ContainsKey((byte)value)) is > 0 and int found)
                beginnings.Add([_ids[(byte)found]]);
        }

        Beginnings = beginnings;
        Ends = [[], .. _ends.Where(end => end.All(_ids.ContainsKey)).Select(end => Array.ConvertAll(end, value => _ids[value]))];
    }

    /// <summary>Nothing, and tokens that begin a character.</summary>
    public IReadOnlyList<int[]> Beginnings { get; }

    /// <summary>Nothing, and tokens that end one.</summary>
    public IReadOnlyList<int[]> Ends { get; }

    /// <summary>Characters that are rarely or never written, of all lengths.</summary>
    private static IEnumerable<int> Rare()
    {
        for (int i = 0; i < 64; i++)
        {
            yield return 0xF0000 + (i * 65);
            yield return 0x40000 + (i * 0x2041);
            yield return 0x80000 + (i * 65);
            yield return 0xE000 + (i * 65);
            yield return 0x1000 + (i * 0x100);
            yield return 0x80 + (i * 30);
        }
    }
}

namespace Inference.Tokenization;

/// <summary>Looks up canonical decompositions, compositions and combining classes.</summary>
/// <remarks>Unicode Standard Annex #15 and, for Hangul, section 3.12 of the standard. Built once, on first use.</remarks>
internal static class CanonicalTables
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;
    private const int PartMask = 0x1FFFFF;

    private static readonly Dictionary<int, (int First, int Second)> _decompositions = [];
    private static readonly Dictionary<long, int> _compositions = [];
    private static readonly Dictionary<int, byte> _classes = [];
    private static readonly HashSet<int> _unstable = [];

    // Whether a page of 256 code points has anything in the tables; most text is on pages that have nothing.
    private static readonly bool[] _pages = new bool[0x1100];

    static CanonicalTables()
    {
        foreach (ulong entry in CanonicalData.Composites)
        {
            (int composite, int first, int second) = Unpack(entry);
            _decompositions[composite] = (first, second);
            _compositions[((long)first << 32) | (uint)second] = composite;
            _unstable.Add(second);
        }

        foreach (ulong entry in CanonicalData.Exclusions)
        {
            (int composite, int first, int second) = Unpack(entry);
            _decompositions[composite] = (first, second);
            _unstable.Add(composite);
        }

        foreach (ulong entry in CanonicalData.CombiningClasses)
        {
            for (int i = (int)(entry >> 32); i <= (int)((entry >> 8) & PartMask); i++)
                _classes[i] = (byte)entry;
        }

        for (int i = 0; i < VCount; i++)
            _unstable.Add(VBase + i);
        for (int i = 1; i < TCount; i++)
            _unstable.Add(TBase + i);
        foreach (int codePoint in _decompositions.Keys.Concat(_classes.Keys).Concat(_unstable))
            _pages[codePoint >> 8] = true;
    }

    /// <summary>The canonical combining class; 0 for starters and for negative numbers.</summary>
    public static byte CombiningClass(int codePoint) => OnPage(codePoint) && _classes.TryGetValue(codePoint, out byte value) ? value : (byte)0;

    /// <summary>Whether the code point may change, or join what stands before it, under NFC.</summary>
    public static bool IsUnstable(int codePoint) => OnPage(codePoint) && _unstable.Contains(codePoint);

    /// <summary>Adds the full canonical decomposition.</summary>
    public static void Decompose(int codePoint, List<int> output)
    {
        if (codePoint is >= SBase and < SBase + SCount)
        {
            int index = codePoint - SBase;
            output.Add(LBase + (index / (VCount * TCount)));
            output.Add(VBase + (index % (VCount * TCount) / TCount));
            if (index % TCount != 0)
                output.Add(TBase + (index % TCount));
        }
        else if (OnPage(codePoint) && _decompositions.TryGetValue(codePoint, out (int First, int Second) parts))
        {
            Decompose(parts.First, output);
            if (parts.Second != 0)
                Decompose(parts.Second, output);
        }
        else
        {
            output.Add(codePoint);
        }
    }

    /// <summary>The composite of two code points, or -1.</summary>
    public static int Compose(int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
            return SBase + ((((first - LBase) * VCount) + second - VBase) * TCount);
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount)
            return first + second - TBase;
        return first >= 0 && _compositions.TryGetValue(((long)first << 32) | (uint)second, out int composite) ? composite : -1;
    }

    private static bool OnPage(int codePoint) => codePoint >= 0 && _pages[codePoint >> 8];

    private static (int Composite, int First, int Second) Unpack(ulong entry)
        => ((int)(entry >> 42), (int)(entry >> 21) & PartMask, (int)entry & PartMask);
}

using System.Collections.Frozen;

namespace Inference.Tokenization;

/// <summary>Looks up compatibility decompositions.</summary>
/// <remarks>Unicode Standard Annex #15. Built once, on first use.</remarks>
internal static class CompatibilityTables
{
    private const int PartMask = 0x1FFFFF;

    private static readonly FrozenDictionary<int, int[]> _decompositions = Build();

    /// <summary>Adds the full compatibility decomposition, if it differs from the canonical one.</summary>
    /// <returns>Whether it does.</returns>
    public static bool TryDecompose(int codePoint, List<int> output)
    {
        if (!_decompositions.TryGetValue(codePoint, out int[]? parts))
            return false;
        output.AddRange(parts);
        return true;
    }

    private static FrozenDictionary<int, int[]> Build()
    {
        Dictionary<int, int[]> decompositions = [];
        foreach (ulong entry in CompatibilityData.Stretches)
        {
            for (int i = 0; i < ((int)(entry >> 21) & PartMask); i++)
                decompositions[(int)(entry >> 42) + i] = [((int)entry & PartMask) + i];
        }

        ReadOnlySpan<int> sequences = CompatibilityData.Sequences;
        for (int i = 0; i < sequences.Length; i += 2 + sequences[i + 1])
            decompositions[sequences[i]] = sequences.Slice(i + 2, sequences[i + 1]).ToArray();
        return decompositions.ToFrozenDictionary();
    }
}

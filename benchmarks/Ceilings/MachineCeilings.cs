namespace Inference.Ceilings;

/// <summary>What this machine can do at most, measured when first asked for.</summary>
internal sealed class MachineCeilings
{
    private static readonly Dictionary<int, MachineCeilings> _known = [];

    private MachineCeilings(int threads)
    {
        using (var memory = new MemoryReadRate())
            ReadBytes = memory.Measure(threads, passes: 8);
        Int8Operations = Int8Peak.Measure(threads);
        FloatOperations = FloatPeak.Measure(threads);
    }

    /// <summary>Bytes read from memory a second.</summary>
    public double ReadBytes { get; }

    /// <summary>8-bit multiplications and additions a second; null where the processor has no instruction for their sums.</summary>
    public double? Int8Operations { get; }

    /// <summary>32-bit multiplications and additions a second.</summary>
    public double FloatOperations { get; }

    /// <summary>The ceilings of some threads together.</summary>
    public static MachineCeilings Of(int threads)
    {
        if (!_known.TryGetValue(threads, out MachineCeilings? ceilings))
            _known.Add(threads, ceilings = new MachineCeilings(threads));
        return ceilings;
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Inference.Execution;

/// <summary>A cache of a <see cref="SplitDevice"/>: each part has its layers. The bytes of a block are those of the parts, one after the other.</summary>
internal sealed class SplitKvCache : DeviceKvCache
{
    private readonly DeviceKvCache?[] _inner;
    private readonly LayerRange[] _ranges;

    /// <param name="shape">Of all layers.</param>
    /// <param name="inner">Of each part; null for those without layers. Disposed with this.</param>
    /// <param name="ranges">The layers of each part.</param>
    public SplitKvCache(KvCacheShape shape, DeviceKvCache?[] inner, LayerRange[] ranges)
        : base(shape)
    {
        _inner = inner;
        _ranges = ranges;
        var sections = new List<(int Part, DeviceKvCache Cache, int Start, int Length)>();
        int start = 0;
        for (int part = 0; part < inner.Length; part++)
        {
            if (inner[part] is not { } cache)
                continue;
            int length = checked((int)cache.Shape.BytesPerBlock);
            sections.Add((part, cache, start, length));
            start += length;
        }

        Sections = [.. sections];
        // All layers on one part: its blocks are those of the device alone.
        BlockFormat = sections is [var only] ? only.Cache.BlockFormat : Name(sections);
    }

    public override string BlockFormat { get; }

    /// <summary>The part's cache, and the layer's number in it.</summary>
    public (DeviceKvCache Cache, int Layer) On(int part, int layer) => (_inner[part]!, layer - _ranges[part].First);

    /// <summary>The parts' caches with where each begins in a block's bytes.</summary>
    public ImmutableArray<(int Part, DeviceKvCache Cache, int Start, int Length)> Sections { get; }

    /// <summary>A name of as many letters as a format may have, for another order of bytes another name.</summary>
    private static string Name(List<(int Part, DeviceKvCache Cache, int Start, int Length)> sections)
    {
        string formats = string.Join(';', sections.Select(section => $"{section.Cache.Shape.Layers} {section.Cache.BlockFormat}"));
        return "s-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(formats)).AsSpan(0, 7));
    }

    protected override void Dispose(bool disposing)
    {
        foreach (DeviceKvCache? cache in _inner)
            cache?.Dispose();
    }
}

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
        string formats = string.Join(';', inner.Select((cache, part) => cache is null ? "" : $"{ranges[part].Count} {cache.BlockFormat}"));
        BlockFormat = "s-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(formats)).AsSpan(0, 7));
    }

    public override string BlockFormat { get; }

    /// <summary>The part's cache, and the layer's number in it.</summary>
    public (DeviceKvCache Cache, int Layer) On(int part, int layer) => (_inner[part]!, layer - _ranges[part].First);

    /// <summary>The parts' caches with where each begins in a block's bytes.</summary>
    public IEnumerable<(int Part, DeviceKvCache Cache, int Start, int Length)> Sections()
    {
        int start = 0;
        for (int part = 0; part < _inner.Length; part++)
        {
            if (_inner[part] is not { } cache)
                continue;
            int length = (int)cache.Shape.BytesPerBlock;
            yield return (part, cache, start, length);
            start += length;
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (DeviceKvCache? cache in _inner)
            cache?.Dispose();
    }
}

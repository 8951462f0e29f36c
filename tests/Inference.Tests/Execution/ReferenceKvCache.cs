using Inference.Execution;

namespace Inference.Tests.Execution;

/// <summary>Keys and values of the <see cref="ReferenceDevice"/>, rounded as the type says and then kept in double.</summary>
internal sealed class ReferenceKvCache(KvCacheShape shape, bool exact) : DeviceKvCache(shape)
{
    private readonly double[] _keys = new double[shape.Layers * shape.Blocks * shape.BlockSize * shape.KvHeads * shape.HeadSize];
    private readonly double[] _values = new double[shape.Layers * shape.Blocks * shape.BlockSize * shape.KvHeads * shape.HeadSize];

    public override string BlockFormat => exact ? "exact" : "reference";

    public ReadOnlySpan<double> Key(int layer, int block, int slot, int head) => _keys.AsSpan(Offset(layer, block, slot, head), Shape.HeadSize);

    public ReadOnlySpan<double> Value(int layer, int block, int slot, int head) => _values.AsSpan(Offset(layer, block, slot, head), Shape.HeadSize);

    public void Store(int layer, int block, int slot, int head, ReadOnlySpan<double> key, ReadOnlySpan<double> value)
    {
        Round(key, _keys.AsSpan(Offset(layer, block, slot, head), Shape.HeadSize));
        Round(value, _values.AsSpan(Offset(layer, block, slot, head), Shape.HeadSize));
    }

    public void Copy(int source, int destination)
    {
        int length = Shape.BlockSize * Shape.KvHeads * Shape.HeadSize;
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            foreach (double[] part in new[] { _keys, _values })
                part.AsSpan(Offset(layer, source, 0, 0), length).CopyTo(part.AsSpan(Offset(layer, destination, 0, 0), length));
        }
    }

    protected override void Dispose(bool disposing)
    {
    }

    private int Offset(int layer, int block, int slot, int head) =>
        (((layer * Shape.Blocks + block) * Shape.BlockSize + slot) * Shape.KvHeads + head) * Shape.HeadSize;

    private void Round(ReadOnlySpan<double> source, Span<double> destination)
    {
        if (exact)
            source.CopyTo(destination);
        else if (Shape.Type == KvCacheType.Q8_0)
            RoundGroups(source, destination);
        else
        {
            for (int i = 0; i < source.Length; i++)
                destination[i] = Shape.Type == KvCacheType.F32 ? (float)source[i] : (double)(Half)source[i];
        }
    }

    // Scale: the half nearest to the largest magnitude / 127. Codes: the nearest multiples of the scale, -127 to 127.
    private static void RoundGroups(ReadOnlySpan<double> source, Span<double> destination)
    {
        for (int first = 0; first < source.Length; first += 32)
        {
            int end = Math.Min(first + 32, source.Length);
            double largest = 0;
            for (int i = first; i < end; i++)
                largest = Math.Max(largest, Math.Abs(source[i]));
            double scale = (double)(Half)Math.Min(largest / 127, 65504);
            for (int i = first; i < end; i++)
                destination[i] = scale == 0 ? 0 : scale * Math.Clamp(Math.Round(source[i] / scale), -127, 127);
        }
    }
}

using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Attention;

/// <summary>8-bit codes, with a 16-bit scale for each 32: the largest magnitude / 127.</summary>
internal readonly struct ByteElements : ICacheElements
{
    private const int Group = 32;
    private const float LargestHalf = 65504;

    /// <summary>1.5 x 2^23: what is added to it is rounded to an integer, ties to even.</summary>
    private const float RoundsToInteger = 12582912;

    public float Load(CacheView cache, long head, int position, int element) =>
        Exact.Multiply((sbyte)cache.Bytes[head + position * cache.HeadSize + element], Bytes.Half(cache.Bytes.Cast<ushort>()[Scale(cache, head, position, element)]));

    public void Store(CacheView cache, long head, int position, int element, float value, float largest)
    {
        // What is too large for a half is cut off; what is no number makes the scale none.
        float wanted = largest / 127;
        if (wanted > LargestHalf)
            wanted = LargestHalf;
        int scale = Bytes.ToHalf(wanted);
        float stored = Bytes.Half(scale);
        int code = 0;
        if (stored > 0)
            code = (int)Exact.Add(Exact.Add(XMath.Max(-127f, XMath.Min(127f, value / stored)), RoundsToInteger), -RoundsToInteger);
        cache.Bytes[head + position * cache.HeadSize + element] = (byte)code;
        if (element % Group == 0)
            cache.Bytes.Cast<ushort>()[Scale(cache, head, position, element)] = (ushort)scale;
    }

    private static long Scale(CacheView cache, long head, int position, int element)
    {
        int groups = (cache.HeadSize + Group - 1) / Group;
        return (head + cache.BlockSize * cache.HeadSize) / sizeof(ushort) + position * groups + element / Group;
    }
}

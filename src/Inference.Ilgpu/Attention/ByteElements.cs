using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Attention;

/// <summary>8-bit codes, with a 16-bit scale for each 32: the largest magnitude / 127.</summary>
internal readonly struct ByteElements : ICacheElements
{
    private const int Group = 32;

    public float Load(CacheView cache, long head, int position, int element) =>
        Exact.Multiply((sbyte)cache.Bytes[head + position * cache.HeadSize + element], Bytes.Half(cache.Bytes.Cast<ushort>()[Scale(cache, head, position, element)]));

    public void Store(CacheView cache, long head, int position, int element, float value, float largest)
    {
        int scale = Bytes.ToHalf(largest / 127);
        float stored = Bytes.Half(scale);
        int code = 0;
        if (stored > 0)
            code = (int)XMath.Floor(value / stored + 0.5f);
        code = XMath.Max(-127, XMath.Min(127, code));
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

using ILGPU;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Attention;

/// <summary>16-bit floats.</summary>
internal readonly struct HalfElements : ICacheElements
{
    public float Load(CacheView cache, long head, int position, int element) =>
        Bytes.Half(cache.Bytes.Cast<ushort>()[head / sizeof(ushort) + position * cache.HeadSize + element]);

    public void Store(CacheView cache, long head, int position, int element, float value, float largest) =>
        cache.Bytes.Cast<ushort>()[head / sizeof(ushort) + position * cache.HeadSize + element] = (ushort)Bytes.ToHalf(value);
}

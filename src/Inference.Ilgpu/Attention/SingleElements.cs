using ILGPU;

namespace Inference.Ilgpu.Attention;

/// <summary>32-bit floats.</summary>
internal readonly struct SingleElements : ICacheElements
{
    public float Load(CacheView cache, long head, int position, int element) =>
        cache.Bytes.Cast<float>()[head / sizeof(float) + position * cache.HeadSize + element];

    public void Store(CacheView cache, long head, int position, int element, float value, float largest) =>
        cache.Bytes.Cast<float>()[head / sizeof(float) + position * cache.HeadSize + element] = value;
}

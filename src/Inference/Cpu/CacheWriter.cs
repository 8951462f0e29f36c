using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Writes one position of one head into a block of the cache.</summary>
internal static unsafe class CacheWriter
{
    /// <summary>The most elements of a head.</summary>
    public const int LargestHead = 1024;

    private const float LargestHalf = 65504f;

    /// <summary>Writes a key: its elements go to the same slot of each row.</summary>
    [SkipLocalsInit]
    public static void WriteKey(in CacheLayout layout, byte* head, int slot, float* key)
    {
        nint stride = layout.BlockSize;
        int size = layout.HeadSize;
        switch (layout.Type)
        {
            case KvCacheType.F32:
                Scatter(key, (float*)head + slot, stride, size);
                break;
            case KvCacheType.F16:
                ushort* halves = stackalloc ushort[LargestHead];
                HalfConversion.ToHalf(key, halves, size);
                Scatter(halves, (ushort*)head + slot, stride, size);
                break;
            default:
                sbyte* codes = stackalloc sbyte[LargestHead];
                ushort* scales = stackalloc ushort[LargestHead / CacheLayout.GroupSize];
                Quantize(key, size, codes, scales);
                Scatter(codes, (sbyte*)head + slot, stride, size);
                Scatter(scales, layout.Scales(head) + slot, stride, layout.Groups);
                break;
        }
    }

    /// <summary>Writes a value: its elements stay together.</summary>
    public static void WriteValue(in CacheLayout layout, byte* head, int slot, float* value)
    {
        int size = layout.HeadSize;
        nint first = (nint)slot * size;
        switch (layout.Type)
        {
            case KvCacheType.F32:
                Unsafe.CopyBlockUnaligned((float*)head + first, value, (uint)size * sizeof(float));
                break;
            case KvCacheType.F16:
                HalfConversion.ToHalf(value, (ushort*)head + first, size);
                break;
            default:
                Quantize(value, size, (sbyte*)head + first, layout.Scales(head) + (nint)slot * layout.Groups);
                break;
        }
    }

    /// <summary>
    /// Quantises groups of 32 elements, the last one may be shorter: scale = half(max |x| / 127), code = round(x / scale), ties to even.
    /// A group with a NaN gets a NaN for scale.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Quantize(float* source, int count, sbyte* codes, ushort* scales)
    {
        for (int first = 0; first < count; first += CacheLayout.GroupSize, scales++)
        {
            int low = int.Min(count - first, Lanes.Count);
            int high = int.Min(count - first - low, Lanes.Count);
            Vector512<float> lower = Lanes.Load(source + first, low);
            Vector512<float> upper = high > 0 ? Lanes.Load(source + first + Lanes.Count, high) : Vector512<float>.Zero;
            float largest = Lanes.Max(Lanes.Larger(Vector512.Abs(upper), Vector512.Abs(lower)));
            bool broken = !Vector512.EqualsAll(lower, lower) || !Vector512.EqualsAll(upper, upper);
            *scales = HalfConversion.ToHalf(broken ? float.NaN : float.Min(largest / 127f, LargestHalf));
            float scale = HalfConversion.ToSingle(*scales);
            float inverse = scale > 0 ? 1f / scale : 0f;
            StoreCodes(lower, inverse, codes + first, low);
            StoreCodes(upper, inverse, codes + first + Lanes.Count, high);
        }
    }

    [SkipLocalsInit]
    private static void StoreCodes(Vector512<float> values, float inverse, sbyte* codes, int count)
    {
        // 1.5 x 2^23: adding it rounds to an integer, ties to even, which then stands in the low bits.
        Vector512<float> rounder = Vector512.Create(12582912f);
        Vector512<float> limit = Vector512.Create(127f);
        Vector512<float> scaled = values * Vector512.Create(inverse);
        scaled = Vector512.ConditionalSelect(Vector512.GreaterThan(scaled, limit), limit, scaled);
        scaled = Vector512.ConditionalSelect(Vector512.LessThan(scaled, -limit), -limit, scaled);
        int* rounded = stackalloc int[Lanes.Count];
        ((scaled + rounder).AsInt32() - rounder.AsInt32()).Store(rounded);
        for (int i = 0; i < count; i++)
            codes[i] = (sbyte)rounded[i];
    }

    private static void Scatter<T>(T* source, T* destination, nint stride, int count)
        where T : unmanaged
    {
        for (int i = 0; i < count; i++, destination += stride)
            *destination = source[i];
    }
}

using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>Writes keys and values into the cache. A thread for each 32 elements of each head.</summary>
/// <typeparam name="TElements">How the cache stores them.</typeparam>
internal static class StoreKernel<TElements>
    where TElements : struct, ICacheElements
{
    /// <param name="index">Row x key-value heads x groups.</param>
    /// <param name="keys">[rows, key-value heads x head size].</param>
    /// <param name="values">[rows, key-value heads x head size].</param>
    /// <param name="positions">Of each row.</param>
    /// <param name="rowSequences">Of each row.</param>
    /// <param name="sequences">See <see cref="StepBuffers"/>.</param>
    /// <param name="blocks">Block tables.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="keyHeads">Key-value heads.</param>
    public static void Run(
        Index1D index, ArrayView<float> keys, ArrayView<float> values, ArrayView<int> positions, ArrayView<int> rowSequences, ArrayView<int> sequences, ArrayView<int> blocks, CacheView cache, int keyHeads)
    {
        StorePlace place = StorePlace.Of(index, positions, rowSequences, sequences, blocks, cache, keyHeads);
        long target = cache.Keys(place.Block, place.Head);
        Store(keys, place, cache, target);
        Store(values, place, cache, target + cache.ValueStart);
    }

    private static void Store(ArrayView<float> source, StorePlace place, CacheView cache, long target)
    {
        TElements elements = default;
        int end = XMath.Min(cache.HeadSize, place.First + StorePlace.GroupSize);
        int largest = 0;
        for (int i = place.First; i < end; i++)
            largest = XMath.Max(largest, (int)(Interop.FloatAsInt(source[place.Source + i]) & 0x7FFFFFFFu));
        for (int i = place.First; i < end; i++)
            elements.Store(cache, target, place.Position, i, source[place.Source + i], Interop.IntAsFloat((uint)largest));
    }
}

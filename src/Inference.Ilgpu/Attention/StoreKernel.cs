using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>Writes keys and values into the cache. A thread for each 32 elements of each head.</summary>
/// <typeparam name="TElements">How the cache stores them.</typeparam>
internal static class StoreKernel<TElements>
    where TElements : struct, ICacheElements
{
    private const int GroupSize = 32;

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
        int groups = (cache.HeadSize + GroupSize - 1) / GroupSize;
        int group = index % groups;
        int slot = index / groups;
        int head = slot % keyHeads;
        int row = slot / keyHeads;
        int position = positions[row];
        int block = blocks[sequences[rowSequences[row] * StepBuffers.SequenceSize + 2] + position / cache.BlockSize];
        long target = cache.Keys(block, head);
        long source = ((long)row * keyHeads + head) * cache.HeadSize;
        Store(keys, source, cache, target, position % cache.BlockSize, group);
        Store(values, source, cache, target + cache.ValueStart, position % cache.BlockSize, group);
    }

    private static void Store(ArrayView<float> source, long start, CacheView cache, long target, int position, int group)
    {
        TElements elements = default;
        int end = XMath.Min(cache.HeadSize, (group + 1) * GroupSize);
        int largest = 0;
        for (int i = group * GroupSize; i < end; i++)
            largest = XMath.Max(largest, (int)(Interop.FloatAsInt(source[start + i]) & 0x7FFFFFFFu));
        for (int i = group * GroupSize; i < end; i++)
            elements.Store(cache, target, position, i, source[start + i], Interop.IntAsFloat((uint)largest));
    }
}

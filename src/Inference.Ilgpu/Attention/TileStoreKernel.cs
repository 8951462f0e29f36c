using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Linear;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>
/// Writes keys and values as 16-bit floats for <see cref="TileAttendKernel"/>: keys [position][element], values [element][position]. A thread
/// for each 32 elements of each head.
/// </summary>
/// <remarks>
/// A position's values meet weights of 0 where a query of the tile does not see it, which must leave nothing: so values are always finite.
/// One that is not is left out, and its key made a NaN instead, as then is everything that sees it.
/// </remarks>
internal static class TileStoreKernel
{
    private const ushort NaN = 0x7E00;

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
        long head = cache.Keys(place.Block, place.Head);
        long keyStart = head / sizeof(ushort) + place.Position * cache.HeadSize;
        long valueStart = (head + cache.ValueStart) / sizeof(ushort) + place.Position;
        ArrayView<ushort> halves = cache.Bytes.Cast<ushort>();
        int end = XMath.Min(cache.HeadSize, place.First + StorePlace.GroupSize);
        for (int i = place.First; i < end; i++)
        {
            int key = Bytes.ToHalf(keys[place.Source + i]);
            int value = Bytes.ToHalf(values[place.Source + i]);
            if ((value & 0x7C00) == 0x7C00)
            {
                key = NaN;
                value = 0;
            }

            halves[keyStart + i] = (ushort)key;
            halves[valueStart + (long)i * cache.BlockSize] = (ushort)value;
        }
    }
}

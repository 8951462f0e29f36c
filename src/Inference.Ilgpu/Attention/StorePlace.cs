using ILGPU;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>What a thread of a store kernel writes: up to 32 elements of one row's key-value head.</summary>
internal struct StorePlace
{
    /// <summary>Elements of a thread.</summary>
    public const int GroupSize = 32;

    /// <summary>Block of the cache.</summary>
    public int Block;

    /// <summary>Position in the block.</summary>
    public int Position;

    /// <summary>Key-value head.</summary>
    public int Head;

    /// <summary>The first element of the head.</summary>
    public int First;

    /// <summary>Where the head starts in the row's keys, and in its values.</summary>
    public long Source;

    /// <param name="index">Row x key-value heads x groups of elements.</param>
    /// <param name="positions">Of each row.</param>
    /// <param name="rowSequences">Of each row.</param>
    /// <param name="sequences">See <see cref="StepBuffers"/>.</param>
    /// <param name="blocks">Block tables.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="keyHeads">Key-value heads.</param>
    public static StorePlace Of(int index, ArrayView<int> positions, ArrayView<int> rowSequences, ArrayView<int> sequences, ArrayView<int> blocks, CacheView cache, int keyHeads)
    {
        int groups = (cache.HeadSize + GroupSize - 1) / GroupSize;
        int slot = index / groups;
        int row = slot / keyHeads;
        int head = slot - row * keyHeads;
        int position = positions[row];
        return new StorePlace
        {
            Block = blocks[sequences[rowSequences[row] * StepBuffers.SequenceSize + 2] + position / cache.BlockSize],
            Position = position % cache.BlockSize,
            Head = head,
            First = (index - slot * groups) * GroupSize,
            Source = ((long)row * keyHeads + head) * cache.HeadSize,
        };
    }
}

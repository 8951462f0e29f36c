namespace Inference.Execution;

/// <summary>The dimensions of a paged key-value cache.</summary>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Blocks">Blocks; a block holds <paramref name="BlockSize"/> positions of every layer and head.</param>
/// <param name="BlockSize">Positions a block.</param>
/// <param name="KvHeads">Key-value heads.</param>
/// <param name="HeadSize">Elements a head, the same for keys and values.</param>
/// <param name="Type">How an element is stored.</param>
public sealed record KvCacheShape(int Layers, int Blocks, int BlockSize, int KvHeads, int HeadSize, KvCacheType Type)
{
    /// <summary>Bytes of one block, keys and values of all layers together.</summary>
    public long BytesPerBlock
    {
        get
        {
            long elements = 2L * Layers * BlockSize * KvHeads * HeadSize;
            return Type switch
            {
                KvCacheType.F32 => elements * 4,
                KvCacheType.F16 => elements * 2,
                // A scale of two bytes for each 32 elements of a head; a last, shorter group has one too.
                KvCacheType.Q8_0 => elements + 2L * Layers * BlockSize * KvHeads * ((HeadSize + 31) / 32) * 2,
                _ => throw new InvalidOperationException($"Unknown cache type {Type}."),
            };
        }
    }
}

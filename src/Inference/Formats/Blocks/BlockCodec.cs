namespace Inference.Formats.Blocks;

/// <summary>What can be done with the bytes of one <see cref="TensorType"/>; spans are whole blocks, checked by the caller.</summary>
internal abstract class BlockCodec(int blockSize, int blockBytes)
{
    public int BlockSize { get; } = blockSize;

    public int BlockBytes { get; } = blockBytes;

    public virtual bool IsComputable => true;

    public virtual bool IsQuantized => false;

    public virtual bool CanQuantize => false;

    public virtual int GroupSize => throw new NotSupportedException("Only quantised types have groups.");

    public virtual int Zero => throw new NotSupportedException("Only quantised types have codes.");

    public virtual bool HasMinima => throw new NotSupportedException("Only quantised types have minima.");

    public virtual int CodeBits => throw new NotSupportedException("Only quantised types have codes.");

    public abstract void Dequantize(ReadOnlySpan<byte> source, Span<float> destination);

    public virtual void Quantize(ReadOnlySpan<float> source, Span<byte> destination) =>
        throw new NotSupportedException("This type is read, not written.");

    public virtual void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima) =>
        throw new NotSupportedException("Only quantised types have codes.");
}

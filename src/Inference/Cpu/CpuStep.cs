using System.Runtime.InteropServices;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>The batch of the current step, copied to where workers can read it.</summary>
internal sealed unsafe class CpuStep : IDisposable
{
    private readonly NativeBuffer _tokens = new();
    private readonly NativeBuffer _positions = new();
    private readonly NativeBuffer _sequences = new();
    private readonly NativeBuffer _blocks = new();
    private readonly NativeBuffer _rowSequences = new();
    private StepBatch _batch = new();
    private CpuKvCache? _checkedCache;

    /// <summary>Counts the steps: tables computed for another number are stale.</summary>
    public long Number { get; private set; }

    /// <summary>Rows.</summary>
    public int RowCount => _batch.RowCount;

    /// <summary>Sequences.</summary>
    public int SequenceCount => _batch.Sequences.Length;

    /// <summary>Rows whose logits are wanted.</summary>
    public ReadOnlySpan<int> LogitRows => _batch.LogitRows;

    /// <summary>Token of each row.</summary>
    public int* Tokens => (int*)_tokens.Data;

    /// <summary>Position of each row.</summary>
    public int* Positions => (int*)_positions.Data;

    /// <summary>Sequence of each row.</summary>
    public int* RowSequences => (int*)_rowSequences.Data;

    /// <summary>The sequences.</summary>
    public SequenceSlice* Sequences => (SequenceSlice*)_sequences.Data;

    /// <summary>All block tables.</summary>
    public int* Blocks => (int*)_blocks.Data;

    /// <summary>Takes over a batch.</summary>
    public void Load(StepBatch batch)
    {
        _batch = batch;
        _checkedCache = null;
        Number++;
        Copy(batch.Tokens, _tokens);
        Copy(batch.Positions, _positions);
        Copy(batch.Sequences, _sequences);
        Copy(batch.Blocks, _blocks);
        _rowSequences.Reserve((nuint)batch.RowCount * sizeof(int));
        for (int i = 0; i < SequenceCount; i++)
            new Span<int>(RowSequences + Sequences[i].FirstRow, Sequences[i].RowCount).Fill(i);
    }

    /// <summary>Makes sure that every position of the step has a block within the cache: workers write there unchecked.</summary>
    /// <exception cref="ArgumentException">A block table is too short or names a block that the cache does not have.</exception>
    public void CheckBlocks(CpuKvCache cache)
    {
        if (ReferenceEquals(cache, _checkedCache))
            return;

        foreach (SequenceSlice sequence in _batch.Sequences)
        {
            if (sequence.FirstPosition < 0 || sequence.Length > (long)sequence.BlockCount * cache.Shape.BlockSize)
                throw new ArgumentException($"A sequence of {sequence.Length} positions has {sequence.BlockCount} blocks of {cache.Shape.BlockSize}.");
        }

        if (_batch.Blocks.ContainsAnyExceptInRange(0, cache.Shape.Blocks - 1))
            throw new ArgumentException($"A block table names a block outside of the cache's {cache.Shape.Blocks}.");
        _checkedCache = cache;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
        _positions.Dispose();
        _sequences.Dispose();
        _blocks.Dispose();
        _rowSequences.Dispose();
    }

    private static void Copy<T>(ReadOnlySpan<T> source, NativeBuffer destination)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(source);
        destination.Reserve((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(destination.Data, bytes.Length));
    }
}

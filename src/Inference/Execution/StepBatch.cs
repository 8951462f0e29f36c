using System.Runtime.InteropServices;

namespace Inference.Execution;

/// <summary>What one step computes: all planned tokens of all sequences, flattened to rows.</summary>
/// <remarks>Filled, handed to a device, cleared and filled again; it grows to the largest step and allocates nothing after. Not thread-safe.</remarks>
public sealed class StepBatch
{
    private readonly List<int> _tokens = [];
    private readonly List<int> _positions = [];
    private readonly List<SequenceSlice> _sequences = [];
    private readonly List<int> _blocks = [];
    private readonly List<int> _logitRows = [];

    /// <summary>Number of rows.</summary>
    public int RowCount => _tokens.Count;

    /// <summary>Token id of each row.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Position of each row in its sequence.</summary>
    public ReadOnlySpan<int> Positions => CollectionsMarshal.AsSpan(_positions);

    /// <summary>The sequences, in the order of their rows.</summary>
    public ReadOnlySpan<SequenceSlice> Sequences => CollectionsMarshal.AsSpan(_sequences);

    /// <summary>Block tables of all sequences, one after the other.</summary>
    public ReadOnlySpan<int> Blocks => CollectionsMarshal.AsSpan(_blocks);

    /// <summary>Rows whose logits are wanted, ascending.</summary>
    public ReadOnlySpan<int> LogitRows => CollectionsMarshal.AsSpan(_logitRows);

    /// <summary>Empties the batch, keeping its memory.</summary>
    public void Clear()
    {
        _tokens.Clear();
        _positions.Clear();
        _sequences.Clear();
        _blocks.Clear();
        _logitRows.Clear();
    }

    /// <summary>Adds consecutive tokens of one sequence.</summary>
    /// <param name="tokens">The tokens to compute; at least one.</param>
    /// <param name="firstPosition">Position of the first of them.</param>
    /// <param name="blocks">The sequence's block table, enough for its last position.</param>
    /// <param name="wantsLogits">Whether the logits of the last token are wanted.</param>
    /// <returns>The index of the logits' row among <see cref="LogitRows"/>, or -1 where none are wanted.</returns>
    public int Add(ReadOnlySpan<int> tokens, int firstPosition, ReadOnlySpan<int> blocks, bool wantsLogits)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length);
        _sequences.Add(new SequenceSlice(_tokens.Count, tokens.Length, firstPosition, _blocks.Count, blocks.Length));
        _tokens.AddRange(tokens);
        for (int i = 0; i < tokens.Length; i++)
            _positions.Add(firstPosition + i);
        _blocks.AddRange(blocks);
        if (!wantsLogits)
            return -1;

        _logitRows.Add(_tokens.Count - 1);
        return _logitRows.Count - 1;
    }
}

namespace Inference.Tokenization;

/// <summary>The symbols of one piece as a linked list over an array, and the merges still to do.</summary>
/// <remarks>Scratch of one call; it keeps its memory from piece to piece. n symbols take O(n log n).</remarks>
internal sealed class SymbolChain
{
    private readonly MergeQueue _queue = new();
    private Symbol[] _symbols = new Symbol[64];
    private int _count;

    /// <summary>The symbols, those merged away (length 0) included.</summary>
    public ReadOnlySpan<Symbol> Symbols => _symbols.AsSpan(0, _count);

    /// <summary>Forgets all symbols.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds a symbol at the end.</summary>
    public void Add(int start, int length, int id)
    {
        if (_count == _symbols.Length)
            Array.Resize(ref _symbols, 2 * _count);
        _symbols[_count] = new Symbol { Start = start, Length = length, Id = id, Previous = _count - 1, Next = -1, MergedId = -1 };
        if (_count > 0)
            _symbols[_count - 1].Next = _count;
        _count++;
    }

    /// <summary>Merges neighbours until none are left to merge.</summary>
    public void Merge(ReadOnlySpan<byte> piece, MergeTable merges)
    {
        _queue.Clear();
        for (int i = 0; i + 1 < _count; i++)
            Offer(piece, merges, i);

        while (_queue.TryDequeue(out int priority, out int position))
        {
            ref Symbol left = ref _symbols[position];

            // It has been merged away, or has another neighbour now: its present merge, if any, is in the queue by itself.
            if (left.MergedId < 0 || left.Priority != priority)
                continue;

            ref Symbol right = ref _symbols[left.Next];
            left.Length += right.Length;
            left.Id = left.MergedId;
            left.Next = right.Next;
            right.Length = 0;
            right.MergedId = -1;
            if (left.Next >= 0)
                _symbols[left.Next].Previous = position;
            Offer(piece, merges, position);
            if (left.Previous >= 0)
                Offer(piece, merges, left.Previous);
        }
    }

    private void Offer(ReadOnlySpan<byte> piece, MergeTable merges, int position)
    {
        ref Symbol left = ref _symbols[position];
        left.MergedId = -1;
        if (left.Next >= 0 && merges.TryMerge(piece, left, _symbols[left.Next], out int id, out int priority))
        {
            left.MergedId = id;
            left.Priority = priority;
            _queue.Enqueue(priority, position);
        }
    }
}

namespace Inference.Tokenization;

/// <summary>The symbols of one piece as a linked list over an array, and the merges still to do.</summary>
/// <remarks>Scratch of one call; it keeps its memory from piece to piece. n symbols take O(n log n).</remarks>
internal sealed class SymbolChain
{
    private const int FewSymbols = 24;

    private readonly MergeQueue _queue = new();
    private Symbol[] _symbols = new Symbol[64];
    private int _count;

    /// <summary>The symbols, those merged away (length 0) included.</summary>
    public ReadOnlySpan<Symbol> Symbols => _symbols.AsSpan(0, _count);

    /// <summary>How often neighbours have been looked at, or a merge taken from the queue, since the chain was made.</summary>
    public long Steps { get; private set; }

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
        if (_count <= FewSymbols)
            MergeFew(piece, merges);
        else
            MergeMany(piece, merges);
    }

    // Looking through all of few symbols is faster than keeping them in a queue.
    private void MergeFew(ReadOnlySpan<byte> piece, MergeTable merges)
    {
        Span<Symbol> symbols = _symbols.AsSpan(0, _count);
        for (int i = 0; i + 1 < symbols.Length; i++)
            Look(piece, merges, symbols, i);

        while (true)
        {
            int best = -1;
            for (int i = 0; i < symbols.Length; i++)
            {
                if (symbols[i].MergedId >= 0 && (best < 0 || symbols[i].Priority < symbols[best].Priority))
                    best = i;
            }

            if (best < 0)
                return;
            Join(symbols, best);
            Look(piece, merges, symbols, best);
            if (symbols[best].Previous >= 0)
                Look(piece, merges, symbols, symbols[best].Previous);
        }
    }

    private void MergeMany(ReadOnlySpan<byte> piece, MergeTable merges)
    {
        Span<Symbol> symbols = _symbols.AsSpan(0, _count);
        _queue.Clear();
        for (int i = 0; i + 1 < symbols.Length; i++)
            Offer(piece, merges, symbols, i);

        while (_queue.TryDequeue(out int priority, out int position))
        {
            Steps++;
            // It has been merged away, or has another neighbour now: its present merge, if any, is in the queue by itself.
            if (symbols[position].MergedId < 0 || symbols[position].Priority != priority)
                continue;

            Join(symbols, position);
            Offer(piece, merges, symbols, position);
            if (symbols[position].Previous >= 0)
                Offer(piece, merges, symbols, symbols[position].Previous);
        }
    }

    private static void Join(Span<Symbol> symbols, int position)
    {
        ref Symbol left = ref symbols[position];
        ref Symbol right = ref symbols[left.Next];
        left.Length += right.Length;
        left.Id = left.MergedId;
        left.Next = right.Next;
        right.Length = 0;
        right.MergedId = -1;
        if (left.Next >= 0)
            symbols[left.Next].Previous = position;
    }

    private void Offer(ReadOnlySpan<byte> piece, MergeTable merges, Span<Symbol> symbols, int position)
    {
        if (Look(piece, merges, symbols, position))
            _queue.Enqueue(symbols[position].Priority, position);
    }

    private bool Look(ReadOnlySpan<byte> piece, MergeTable merges, Span<Symbol> symbols, int position)
    {
        ref Symbol left = ref symbols[position];
        left.MergedId = -1;
        Steps++;
        if (left.Next < 0 || !merges.TryMerge(piece, left, symbols[left.Next], out int id, out int priority))
            return false;
        left.MergedId = id;
        left.Priority = priority;
        return true;
    }
}

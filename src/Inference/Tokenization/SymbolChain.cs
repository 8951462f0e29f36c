namespace Inference.Tokenization;

/// <summary>The symbols of one piece as a linked list over an array, and the merges still to do.</summary>
/// <remarks>Scratch of one call; it keeps its memory from piece to piece. n symbols take O(n log n).</remarks>
internal sealed class SymbolChain
{
    private readonly PriorityQueue<Candidate, long> _candidates = new();
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
        _symbols[_count] = new Symbol { Start = start, Length = length, Id = id, Previous = _count - 1, Next = -1 };
        if (_count > 0)
            _symbols[_count - 1].Next = _count;
        _count++;
    }

    /// <summary>Merges neighbours until none are left to merge.</summary>
    public void Merge(ReadOnlySpan<byte> piece, MergeTable merges)
    {
        _candidates.Clear();
        for (int i = 0; i + 1 < _count; i++)
            Offer(piece, merges, i, i + 1);

        while (_candidates.TryDequeue(out Candidate candidate, out _))
        {
            ref Symbol left = ref _symbols[candidate.Left];
            ref Symbol right = ref _symbols[candidate.Right];

            // Either has grown or gone since: another candidate stands for what is there now.
            if (left.Length != candidate.LeftLength || right.Length != candidate.RightLength)
                continue;

            left.Length += right.Length;
            left.Id = candidate.Id;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Next >= 0)
            {
                _symbols[left.Next].Previous = candidate.Left;
                Offer(piece, merges, candidate.Left, left.Next);
            }

            if (left.Previous >= 0)
                Offer(piece, merges, left.Previous, candidate.Left);
        }
    }

    private void Offer(ReadOnlySpan<byte> piece, MergeTable merges, int left, int right)
    {
        ref Symbol first = ref _symbols[left];
        ref Symbol second = ref _symbols[right];
        if (merges.TryMerge(piece, first, second, out int id, out int priority))
            _candidates.Enqueue(new Candidate(left, right, first.Length, second.Length, id), ((long)priority << 32) | (uint)left);
    }

    private readonly record struct Candidate(int Left, int Right, int LeftLength, int RightLength, int Id);
}

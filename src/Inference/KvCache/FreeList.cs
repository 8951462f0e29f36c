namespace Inference.KvCache;

/// <summary>The free blocks, least worth keeping first: a doubly linked list inside two arrays, every operation O(1).</summary>
internal sealed class FreeList
{
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int _end;

    /// <summary>Creates the list with all blocks in it, in ascending order.</summary>
    public FreeList(int blockCount)
    {
        _next = new int[blockCount + 1];
        _previous = new int[blockCount + 1];
        _end = blockCount;
        _next[_end] = _previous[_end] = _end;
        for (int block = 0; block < blockCount; block++)
            AddLast(block);
    }

    public int Count { get; private set; }

    /// <summary>The block to take next; only while <see cref="Count"/> is not 0.</summary>
    public int First => _next[_end];

    public void AddFirst(int block) => Link(_end, block, _next[_end]);

    public void AddLast(int block) => Link(_previous[_end], block, _end);

    public void Remove(int block)
    {
        _next[_previous[block]] = _next[block];
        _previous[_next[block]] = _previous[block];
        Count--;
    }

    private void Link(int before, int block, int after)
    {
        _next[before] = _previous[after] = block;
        _previous[block] = before;
        _next[block] = after;
        Count++;
    }
}

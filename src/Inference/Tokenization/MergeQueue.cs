namespace Inference.Tokenization;

/// <summary>A priority queue of merges to do: the lowest priority first, the leftmost among equals.</summary>
/// <remarks>
/// A 4-ary heap over keys of eight bytes, so that the children of a node share a cache line: merging a long text is
/// bound by its misses.
/// </remarks>
internal sealed class MergeQueue
{
    private const int Arity = 4;

    private long[] _keys = new long[64];
    private int _count;

    /// <summary>Removes everything.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds a merge.</summary>
    /// <param name="priority">The lowest goes first.</param>
    /// <param name="position">Where, not negative.</param>
    public void Enqueue(int priority, int position)
    {
        if (_count == _keys.Length)
            Array.Resize(ref _keys, 2 * _count);

        long key = ((long)priority << 32) | (uint)position;
        int node = _count++;
        while (node > 0)
        {
            int parent = (node - 1) / Arity;
            if (_keys[parent] <= key)
                break;
            _keys[node] = _keys[parent];
            node = parent;
        }

        _keys[node] = key;
    }

    /// <summary>Takes the first merge.</summary>
    /// <returns>False when there is none left.</returns>
    public bool TryDequeue(out int priority, out int position)
    {
        if (_count == 0)
        {
            priority = position = 0;
            return false;
        }

        long first = _keys[0];
        priority = (int)(first >> 32);
        position = (int)first;
        long last = _keys[--_count];
        int node = 0;
        while (true)
        {
            int child = (node * Arity) + 1;
            if (child >= _count)
                break;

            int end = Math.Min(child + Arity, _count);
            int least = child;
            for (int i = child + 1; i < end; i++)
            {
                if (_keys[i] < _keys[least])
                    least = i;
            }

            if (_keys[least] >= last)
                break;
            _keys[node] = _keys[least];
            node = least;
        }

        _keys[node] = last;
        return true;
    }
}

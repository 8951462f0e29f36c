using System.Numerics;

namespace Inference.Tokenization;

/// <summary>Finds the tokens that a text starts with. Immutable once filled.</summary>
/// <remarks>A trie whose edges are in one hash table, with a secret of the process: a hostile vocabulary cannot aim at one place.</remarks>
internal sealed class PieceTrie
{
    /// <summary>The node that no text leads to.</summary>
    public const int None = -1;

    /// <summary>The node of the empty text.</summary>
    public const int Root = 0;

    // Some three times what the largest vocabularies in use need; a node takes up to 72 bytes.
    private const int MaxNodes = 1 << 22;

    private static readonly ulong _factor = (ulong)Random.Shared.NextInt64() | 1UL << 63 | 1;

    // An edge's key is its node and byte plus one, so that 0 is free. A power of two, at most half full.
    private Edge[] _edges = new Edge[1024];
    private int _shift = 64 - 10;
    private int[] _ids = new int[512];
    private int _nodes = 1;

    /// <summary>Creates an empty trie.</summary>
    public PieceTrie() => _ids[Root] = -1;

    /// <summary>Adds a token; the first of equal texts stays.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="id">Its id, not negative.</param>
    /// <returns>False where the vocabulary is too large for a trie.</returns>
    public bool TryAdd(ReadOnlySpan<byte> text, int id)
    {
        if (_nodes > MaxNodes - text.Length)
            return false;
        int node = Root;
        foreach (byte value in text)
            node = AddChild(node, value);
        if (_ids[node] < 0)
            _ids[node] = id;
        return true;
    }

    /// <summary>The node behind a byte, or <see cref="None"/>.</summary>
    public int Child(int node, byte value)
    {
        ulong key = ((ulong)(uint)node << 8 | value) + 1;
        int mask = _edges.Length - 1;
        for (int place = (int)(key * _factor >> _shift); ; place = (place + 1) & mask)
        {
            ref readonly Edge edge = ref _edges[place];
            if (edge.Key == key)
                return edge.Child;
            if (edge.Key == 0)
                return None;
        }
    }

    /// <summary>The token whose text leads to a node, or -1.</summary>
    public int Id(int node) => _ids[node];

    /// <summary>The longest token that a text starts with, or -1.</summary>
    public int Longest(ReadOnlySpan<byte> text, out int length)
    {
        int id = -1;
        length = 0;
        int node = Root;
        for (int i = 0; i < text.Length && (node = Child(node, text[i])) != None; i++)
        {
            if (_ids[node] < 0)
                continue;
            id = _ids[node];
            length = i + 1;
        }

        return id;
    }

    /// <summary>The token of exactly these bytes, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text) => Longest(text, out int length) is int id && length == text.Length ? id : -1;

    private int AddChild(int node, byte value)
    {
        int child = Child(node, value);
        if (child != None)
            return child;

        if (2 * _nodes >= _edges.Length)
            Spread();
        if (_nodes == _ids.Length)
            Array.Resize(ref _ids, 2 * _nodes);
        child = _nodes++;
        _ids[child] = -1;
        Insert(new Edge(((ulong)(uint)node << 8 | value) + 1, child));
        return child;
    }

    private void Insert(Edge edge)
    {
        int mask = _edges.Length - 1;
        int place = (int)(edge.Key * _factor >> _shift);
        while (_edges[place].Key != 0)
            place = (place + 1) & mask;
        _edges[place] = edge;
    }

    private void Spread()
    {
        Edge[] edges = _edges;
        _edges = new Edge[2 * edges.Length];
        _shift = 64 - BitOperations.Log2((uint)_edges.Length);
        foreach (Edge edge in edges)
        {
            if (edge.Key != 0)
                Insert(edge);
        }
    }

    private readonly record struct Edge(ulong Key, int Child);
}

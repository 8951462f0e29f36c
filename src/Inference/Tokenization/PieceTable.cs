using System.Text;

namespace Inference.Tokenization;

/// <summary>Finds a token by the bytes of its text. Immutable once filled.</summary>
internal sealed class PieceTable
{
    private readonly Dictionary<byte[], int> _ids = new(ByteSpanComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private int _longest;

    public PieceTable() => _lookup = _ids.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Adds a token; the first of equal texts stays.</summary>
    public void Add(string text, int id) => Add(Encoding.UTF8.GetBytes(text), id);

    /// <summary>Adds a token; the first of equal texts stays.</summary>
    public void Add(byte[] text, int id)
    {
        _ids.TryAdd(text, id);
        _longest = Math.Max(_longest, text.Length);
    }

    /// <summary>The token of exactly these bytes, or -1.</summary>
    // Longer than any token: not worth a hash, and a run of merges over a long text must not hash it again and again.
    public int Find(ReadOnlySpan<byte> text) => text.Length <= _longest && _lookup.TryGetValue(text, out int id) ? id : -1;
}

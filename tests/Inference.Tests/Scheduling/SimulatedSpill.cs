using Inference.KvCache;

namespace Inference.Tests.Scheduling;

/// <summary>Keeps what the simulated cache evicts, the latest blocks first, and cannot read every seventh that it promised.</summary>
internal sealed class SimulatedSpill(ulong[] cache, int blockSize, int capacity) : IBlockSpill
{
    private readonly List<(BlockHash Hash, ulong[] Contents)> _kept = [];
    private int _attempts;

    public int Restored { get; private set; }

    public void Keep(int block, in BlockHash hash)
    {
        int known = IndexOf(hash);
        if (known >= 0)
            _kept.RemoveAt(known);
        else if (_kept.Count == capacity)
            _kept.RemoveAt(0);
        _kept.Add((hash, cache[(block * blockSize)..((block + 1) * blockSize)]));
    }

    public bool Contains(in BlockHash hash) => IndexOf(hash) >= 0;

    public bool TryRestore(in BlockHash hash, int block)
    {
        int known = IndexOf(hash);
        if (known < 0 || ++_attempts % 7 == 0)
            return false;
        _kept[known].Contents.CopyTo(cache, block * blockSize);
        Restored++;
        return true;
    }

    private int IndexOf(BlockHash hash) => _kept.FindIndex(one => one.Hash.Equals(hash));
}

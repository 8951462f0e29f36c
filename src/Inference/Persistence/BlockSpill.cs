using Inference.Diagnostics;
using Inference.Execution;
using Inference.KvCache;
using Microsoft.Extensions.Logging;

namespace Inference.Persistence;

/// <summary>Keeps blocks that the cache evicts, the latest within a limit, and brings them back. Where its medium fails it keeps nothing any more.</summary>
/// <remarks>The engine's thread's alone, but for <see cref="Statistics"/>.</remarks>
internal sealed class BlockSpill : IBlockSpill, IDisposable
{
    /// <summary>The share of any second in which a slow medium is read.</summary>
    private const double MostReading = 0.25;

    private readonly ISpillMedium? _medium;
    private readonly Device _device;
    private readonly DeviceKvCache _cache;
    private readonly EngineMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    // Slots are found and reused as blocks are: by hash, the one used longest ago first.
    private readonly BlockPool? _slots;
    private long _second = long.MinValue;
    private TimeSpan _reading;
    private bool _failed;
    private SpillStatistics _statistics = new(0, 0, 0, 0, 0, 0);

    /// <summary>Takes a medium over.</summary>
    /// <param name="medium">Where blocks are kept; null keeps none.</param>
    /// <param name="device">Copies blocks.</param>
    /// <param name="cache">Where they come from.</param>
    /// <param name="meter">Counts them.</param>
    /// <param name="time">Limits reading.</param>
    /// <param name="logger">Told of a failure.</param>
    public BlockSpill(ISpillMedium? medium, Device device, DeviceKvCache cache, EngineMeter meter, TimeProvider time, ILogger logger)
    {
        _medium = medium;
        _device = device;
        _cache = cache;
        _meter = meter;
        _time = time;
        _logger = logger;
        _slots = medium is null ? null : new BlockPool(medium.Slots, 1);
    }

    /// <summary>From any thread.</summary>
    public SpillStatistics Statistics => Volatile.Read(ref _statistics);

    /// <inheritdoc/>
    public void Keep(int block, in BlockHash hash)
    {
        // What came back from here is still here.
        if (_failed || _slots is null || Touch(hash))
            return;
        try
        {
            if (!_medium!.CanWrite)
            {
                Publish(_statistics with { SkippedBlocks = _statistics.SkippedBlocks + 1 });
                return;
            }

            int slot = _slots.Take();
            byte[] memory = _medium.Begin(slot);
            _device.ReadBlock(_cache, block, memory);
            _medium.End(slot, memory);
            _slots.Register(slot, hash);
            _slots.Release(slot);
            Publish(_statistics with { SpilledBlocks = _statistics.SpilledBlocks + 1 });
            _meter.Spilled(memory.Length);
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    /// <inheritdoc/>
    public bool Contains(in BlockHash hash) => !_failed && Touch(hash);

    /// <inheritdoc/>
    public bool TryRestore(in BlockHash hash, int block)
    {
        if (_failed || _slots is null || _slots.Find(hash) is not (>= 0 and var slot) || !MayRead())
            return false;
        try
        {
            long start = _time.GetTimestamp();
            _device.WriteBlock(_cache, block, _medium!.Read(slot));
            _reading += _time.GetElapsedTime(start);
            Publish(_statistics with { RestoredBlocks = _statistics.RestoredBlocks + 1 });
            _meter.Restored(_medium.SlotLength);
            return true;
        }
        catch (Exception error)
        {
            Fail(error);
            return false;
        }
    }

    /// <summary>Copies what is kept of a block to the host's memory.</summary>
    /// <returns>False where it is gone, or could not be read.</returns>
    public bool TryRead(in BlockHash hash, Span<byte> destination)
    {
        if (_failed || _slots is null || _slots.Find(hash) is not (>= 0 and var slot))
            return false;
        try
        {
            _medium!.Read(slot).CopyTo(destination);
            return true;
        }
        catch (Exception error)
        {
            Fail(error);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _medium?.Dispose();
        }
        catch (Exception error)
        {
            LogMessages.SpillFailed(_logger, error);
        }
    }

    /// <summary>Finds a block and makes it the one used latest.</summary>
    private bool Touch(in BlockHash hash)
    {
        if (_slots is null || _slots.Find(hash) is not (>= 0 and var slot))
            return false;
        _slots.Share(slot);
        _slots.Release(slot);
        return true;
    }

    private bool MayRead()
    {
        if (!_medium!.IsSlow)
            return true;
        long now = _time.GetTimestamp();
        if (_second == long.MinValue || _time.GetElapsedTime(_second, now) >= TimeSpan.FromSeconds(1))
        {
            _second = now;
            _reading = TimeSpan.Zero;
        }

        return _reading < TimeSpan.FromSeconds(MostReading);
    }

    private void Fail(Exception error)
    {
        _failed = true;
        LogMessages.SpillFailed(_logger, error);
        _meter.SpillFailed();
        // Memory and disk are of better use to others now.
        Dispose();
        Publish(_statistics with { Failures = 1 });
    }

    private void Publish(SpillStatistics statistics)
    {
        int kept = _failed ? 0 : _slots!.IndexedCount;
        Volatile.Write(ref _statistics, statistics with { KeptBlocks = kept, KeptBytes = (long)kept * _medium!.SlotLength });
    }
}

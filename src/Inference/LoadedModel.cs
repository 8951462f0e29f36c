using Inference.Diagnostics;
using Inference.Execution;
using Inference.Formats;
using Inference.KvCache;
using Inference.Models;
using Inference.Persistence;
using Inference.Scheduling;
using Inference.Tokenization;
using Microsoft.Extensions.Logging;

namespace Inference;

/// <summary>Everything that loading puts together, with its lifetime.</summary>
internal sealed record LoadedModel(
    EngineOptions Options,
    ModelInfo Info,
    ModelFile File,
    Tokenizer Tokenizer,
    Device Device,
    DecoderModel Model,
    DeviceKvCache Cache,
    int ContextLength,
    TimeProvider Time,
    ILogger Logger) : IDisposable
{
    public EngineMeter Meter { get; } = new();

    /// <summary>What a saved conversation is checked against.</summary>
    public ModelFingerprint Fingerprint { get; } = new(File, Model.Config);

    /// <summary>Where evicted blocks go, or null.</summary>
    public BlockSpill? Spill { get; private set; }

    public EngineLoop CreateLoop(SchedulerOptions scheduling, QueuePlaces queuePlaces)
    {
        var logger = new GuardedLogger(Logger);
        Spill = Options.KvSpill is { } spill ? new BlockSpill(spill.Open(Cache.Shape), Device, Cache, Meter, Time, logger) : null;
        var pool = new BlockPool(Cache.Shape.Blocks, Cache.Shape.BlockSize, Options.PrefixCaching) { Spill = Spill };
        var scheduler = new Scheduler(scheduling, pool);
        var pins = new PinnedBlocks(pool, Math.Max(0, pool.BlockCount - pool.BlocksFor(ContextLength)));
        var outcome = new RequestOutcome(Tokenizer, Meter, Time, logger, queuePlaces);
        return new EngineLoop(Model, Device, Cache, scheduler, pool, pins, outcome, Meter, Time, logger, Options.MaxSequences);
    }

    /// <summary>In the order that lifetimes ask for: the mapped file last, since weights may still point into it.</summary>
    public void Dispose()
    {
        Fingerprint.Dispose();
        Spill?.Dispose();
        Meter.Dispose();
        Cache.Dispose();
        Model.Dispose();
        Device.Dispose();
        File.Dispose();
    }
}

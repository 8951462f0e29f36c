using Inference.Diagnostics;
using Inference.Execution;
using Inference.Formats;
using Inference.KvCache;
using Inference.Models;
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

    public EngineLoop CreateLoop(SchedulerOptions scheduling, QueuePlaces queuePlaces)
    {
        var pool = new BlockPool(Cache.Shape.Blocks, Cache.Shape.BlockSize, Options.PrefixCaching);
        var scheduler = new Scheduler(scheduling, pool);
        var pins = new PinnedBlocks(pool, Math.Max(0, pool.BlockCount - pool.BlocksFor(ContextLength)));
        var logger = new GuardedLogger(Logger);
        var outcome = new RequestOutcome(Tokenizer, Meter, Time, logger, queuePlaces);
        return new EngineLoop(Model, Device, Cache, scheduler, pool, pins, outcome, Meter, Time, logger, Options.MaxSequences);
    }

    /// <summary>In the order that lifetimes ask for: the mapped file last, since weights may still point into it.</summary>
    public void Dispose()
    {
        Meter.Dispose();
        Cache.Dispose();
        Model.Dispose();
        Device.Dispose();
        File.Dispose();
    }
}

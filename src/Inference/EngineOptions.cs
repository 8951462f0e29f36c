using System.Collections.Frozen;
using Inference.Cpu;
using Inference.Execution;
using Inference.Scheduling;
using Inference.Tokenization;
using Microsoft.Extensions.Logging;

namespace Inference;

/// <summary>How an engine is set up. Read once, while it loads.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that compute. Null: one for each physical core that the process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>Which kernels the CPU computes with. A given <see cref="Device"/> has its own: then this must be <see cref="CpuKernels.Auto"/>.</summary>
    /// <remarks>Where the machine lacks them, loading throws a <see cref="PlatformNotSupportedException"/> that says so.</remarks>
    public CpuKernels Kernels { get; init; }

    /// <summary>The most tokens, prompt and output together, of one request. Null: what the model's file states.</summary>
    /// <remarks>May be set beyond the stated length for models whose file understates it.</remarks>
    public int? ContextLength { get; init; }

    /// <summary>The most tokens computed in one step, over all requests. More makes prompts faster and the gaps between streamed tokens longer.</summary>
    public int MaxTokensPerStep { get; init; } = 512;

    /// <summary>The most requests that run at the same time; others wait in the queue.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>The most requests that wait. Beyond it, submitting is refused with a <see cref="QueueFullException"/>.</summary>
    public int MaxQueuedRequests { get; init; } = 1024;

    /// <summary>Weights and limits of single tenants, by <see cref="GenerationOptions.TenantId"/>; the empty string stands for requests without one.</summary>
    public IReadOnlyDictionary<string, TenantOptions> Tenants { get; init; } = FrozenDictionary<string, TenantOptions>.Empty;

    /// <summary>Weight and limits of every tenant that <see cref="Tenants"/> does not name.</summary>
    public TenantOptions DefaultTenant { get; init; } = new();

    /// <summary>A request's priority rises by one each time it has waited for so long. Null: never; even then no request waits beyond <see cref="MaxBypasses"/>.</summary>
    public TimeSpan? PriorityAgeingInterval { get; init; }

    /// <summary>
    /// The starvation bound, 0 or more: how often the request of a tenant that has waited longest may see later ones admitted before
    /// it, whatever their priority or tenant. A request that arrives when e others have not ended, k of them its own tenant's, runs
    /// after at most e + (k + 1) * MaxBypasses others. 0: first come, first served.
    /// </summary>
    public int MaxBypasses { get; init; } = 64;

    /// <summary>When requests join those that run. All but <see cref="BatchingMode.Continuous"/> are for comparison.</summary>
    public BatchingMode Batching { get; init; }

    /// <summary>How long <see cref="BatchingMode.Windowed"/> waits for a full batch.</summary>
    public TimeSpan BatchingWindow { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Cut prompts into pieces that fit beside the running streams. Without it each prompt is computed in one step, and <see cref="MaxTokensPerStep"/> must be at least <see cref="ContextLength"/>; for comparison.</summary>
    public bool ChunkedPrefill { get; init; } = true;

    /// <summary>Tokens whose keys and values the cache can hold, over all requests. Null: sized from the context length and the memory of the machine.</summary>
    /// <remarks>By default room for the longest request, for at least 32768 tokens, and within a quarter of the memory; for a context that only the model's file states, at most for 1048576 tokens.</remarks>
    public int? KvCacheTokens { get; init; }

    /// <summary>Tokens a cache block, a power of two from 8 to 256. Prefixes are shared in whole blocks.</summary>
    public int KvBlockSize { get; init; } = 16;

    /// <summary>How keys and values are stored. Null: 32-bit floats for models stored in 32-bit floats, 16-bit floats for all others.</summary>
    public KvCacheType? KvCacheType { get; init; }

    /// <summary>Keep the keys and values of ended requests while there is room, and reuse them for requests that begin the same way.</summary>
    public bool PrefixCaching { get; init; } = true;

    /// <summary>Where the keys and values of cached prefixes go that the cache has no more room for, to come back instead of being computed again. Null: nowhere.</summary>
    public KvSpillOptions? KvSpill { get; init; }

    /// <summary>Tokens that a stream holds for a reader that is behind. When it is full, that request pauses; no other does.</summary>
    public int StreamCapacity { get; init; } = 256;

    /// <summary>When weights are brought into the layout that the device computes with.</summary>
    public WeightPacking WeightPacking { get; init; }

    /// <summary>The device to compute on; the engine disposes it. Null: the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>The tokenizer to use instead of the one that the model's file holds, which is then not read. Null: the file's.</summary>
    /// <remarks>Loading throws a <see cref="TokenizerMismatchException"/> where the model has no rows for its ids. Its chat template is the model's.</remarks>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>Where log messages go. Null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The clock for deadlines and timings. Null: the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Checks the options as loading does first, without a model.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public void Validate() => ModelLoader.Validate(this);

    /// <summary>What of this concerns the scheduler, with times in the clock's units.</summary>
    /// <exception cref="ArgumentException">A limit of the scheduler's is out of its range.</exception>
    internal SchedulerOptions ToScheduling(TimeProvider time)
    {
        var options = new SchedulerOptions
        {
            MaxTokensPerStep = MaxTokensPerStep,
            MaxSequences = MaxSequences,
            // The engine bounds its queue itself, before a request reaches the scheduler.
            MaxQueuedSequences = int.MaxValue,
            MaxBypasses = MaxBypasses,
            AgeingInterval = PriorityAgeingInterval is { } ageing ? Math.Max(1, ToUnits(ageing, time)) : long.MaxValue,
            Tenants = new TenantDirectory(Tenants, DefaultTenant),
            Batching = Batching,
            BatchingWindow = ToUnits(BatchingWindow, time),
            ChunkedPrefill = ChunkedPrefill,
        };
        options.Validate();
        return options;
    }

    private static long ToUnits(TimeSpan span, TimeProvider time) => (long)Math.Min(span.TotalSeconds * time.TimestampFrequency, long.MaxValue / 2);
}

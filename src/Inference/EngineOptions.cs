using Inference.Execution;
using Microsoft.Extensions.Logging;

namespace Inference;

/// <summary>How an engine is set up. Read once, while it loads.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that compute. Null: one for each physical core that the process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>The most tokens, prompt and output together, of one request. Null: what the model's file states.</summary>
    /// <remarks>May be set beyond the stated length for models whose file understates it.</remarks>
    public int? ContextLength { get; init; }

    /// <summary>The most tokens computed in one step, over all requests. More makes prompts faster and the gaps between streamed tokens longer.</summary>
    public int MaxTokensPerStep { get; init; } = 512;

    /// <summary>The most requests that run at the same time; others wait in the queue.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>The most requests that wait. Beyond it, submitting is refused with a <see cref="QueueFullException"/>.</summary>
    public int MaxQueuedRequests { get; init; } = 1024;

    /// <summary>Tokens whose keys and values the cache can hold, over all requests. Null: sized from the context length and the memory of the machine.</summary>
    /// <remarks>By default room for the longest request, for at least 32768 tokens, and within a quarter of the memory; for a context that only the model's file states, at most for 1048576 tokens.</remarks>
    public int? KvCacheTokens { get; init; }

    /// <summary>Tokens a cache block, a power of two from 8 to 256. Prefixes are shared in whole blocks.</summary>
    public int KvBlockSize { get; init; } = 16;

    /// <summary>How keys and values are stored. Null: 32-bit floats for models stored in 32-bit floats, 16-bit floats for all others.</summary>
    public KvCacheType? KvCacheType { get; init; }

    /// <summary>Keep the keys and values of ended requests while there is room, and reuse them for requests that begin the same way.</summary>
    public bool PrefixCaching { get; init; } = true;

    /// <summary>Tokens that a stream holds for a reader that is behind. When it is full, that request pauses; no other does.</summary>
    public int StreamCapacity { get; init; } = 256;

    /// <summary>When weights are brought into the layout that the device computes with.</summary>
    public WeightPacking WeightPacking { get; init; }

    /// <summary>The device to compute on; the engine disposes it. Null: the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>Where log messages go. Null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The clock for deadlines and timings. Null: the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }
}

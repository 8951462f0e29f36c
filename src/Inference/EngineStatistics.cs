namespace Inference;

/// <summary>What an engine is doing at a moment, and has done.</summary>
/// <param name="Waiting">Requests that wait for their first step, or again after a preemption.</param>
/// <param name="Running">Requests that hold cache blocks, paused ones included.</param>
/// <param name="FreeBlocks">Cache blocks that no request and no pinned prefix holds; those that keep a reusable prefix are free too.</param>
/// <param name="TotalBlocks">Cache blocks in all.</param>
/// <param name="Steps">Steps computed.</param>
/// <param name="ComputedTokens">Tokens computed, recomputed ones included.</param>
/// <param name="Preemptions">How often a request lost its blocks to another.</param>
public sealed record EngineStatistics(int Waiting, int Running, int FreeBlocks, int TotalBlocks, long Steps, long ComputedTokens, long Preemptions)
{
    /// <summary>Cache blocks that pinned prefixes hold, or are about to; a block counts once for each of them.</summary>
    public int PinnedBlocks { get; init; }

    /// <summary>Steps that failed on the device; their requests ended with a <see cref="GenerationFailedException"/>. Not among <see cref="Steps"/>.</summary>
    public long FailedSteps { get; init; }

    /// <summary>Time spent in all steps that computed: messages from callers, plan, forward pass, sampling, text, delivery.</summary>
    public TimeSpan StepTime { get; init; }

    /// <summary>The part of <see cref="StepTime"/> that the device took.</summary>
    public TimeSpan ForwardTime { get; init; }

    /// <summary>The part of <see cref="StepTime"/> that choosing tokens from logits took.</summary>
    public TimeSpan SamplingTime { get; init; }

    /// <summary>What is left of <see cref="StepTime"/>: the engine's own overhead, during which the device has nothing to do.</summary>
    public TimeSpan OverheadTime => StepTime - ForwardTime - SamplingTime;
}

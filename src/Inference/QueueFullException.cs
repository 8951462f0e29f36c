namespace Inference;

/// <summary>The engine's queue is full: try again later, or wait with <see cref="InferenceEngine.SubmitAsync"/>.</summary>
public sealed class QueueFullException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="limit">The most requests that may wait.</param>
    public QueueFullException(int limit)
        : base($"The queue is full: {limit} requests are waiting already (EngineOptions.MaxQueuedRequests).") => Limit = limit;

    /// <summary>The most requests that may wait.</summary>
    public int Limit { get; }
}

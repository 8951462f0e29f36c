namespace Inference;

/// <summary>The engine's queue, or a tenant's part of it, is full: try again later, or wait with <see cref="InferenceEngine.SubmitAsync"/>.</summary>
public sealed class QueueFullException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="limit">The most requests that may wait.</param>
    public QueueFullException(int limit)
        : base($"The queue is full: {limit} requests are waiting already (EngineOptions.MaxQueuedRequests).") => Limit = limit;

    /// <summary>Creates the exception for a tenant's own limit.</summary>
    /// <param name="limit">The most requests of the tenant that may wait.</param>
    /// <param name="tenantId">The tenant; the empty string for requests without one.</param>
    public QueueFullException(int limit, string tenantId)
        : base($"The queue is full for tenant \"{tenantId}\": {limit} of its requests are waiting already (TenantOptions.MaxQueued).")
    {
        Limit = limit;
        TenantId = tenantId;
    }

    /// <summary>The most requests that may wait.</summary>
    public int Limit { get; }

    /// <summary>The tenant whose own limit has been reached, the empty string for requests without one; null where it is the engine's limit.</summary>
    public string? TenantId { get; }
}

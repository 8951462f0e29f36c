namespace Inference.Scheduling;

/// <summary>The answer to a request for a place in the queue.</summary>
internal enum Admission
{
    /// <summary>It waits, and will run.</summary>
    Accepted,

    /// <summary>Too many wait already; it may be offered again later.</summary>
    QueueFull,

    /// <summary>Too many of its tenant wait already; it may be offered again later.</summary>
    TenantQueueFull,

    /// <summary>At its maximum length it would need more blocks than there are, or, where prompts are not cut, more tokens than a step may have: it could not finish even alone.</summary>
    NeverFits,
}

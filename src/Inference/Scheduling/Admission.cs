namespace Inference.Scheduling;

/// <summary>The answer to a request for a place in the queue.</summary>
internal enum Admission
{
    /// <summary>It waits, and will run.</summary>
    Accepted,

    /// <summary>Too many wait already; it may be offered again later.</summary>
    QueueFull,

    /// <summary>At its maximum length it would need more blocks than there are: it could not finish even alone.</summary>
    NeverFits,
}

namespace Inference.Scheduling;

/// <summary>Where a sequence is in its life. Whether it is paused is a separate matter: that may be so in any state.</summary>
internal enum SequenceState
{
    /// <summary>Not offered to a scheduler yet, or refused.</summary>
    Created,

    /// <summary>In the queue, holding no blocks; for the first time, or again after a preemption.</summary>
    Waiting,

    /// <summary>Holding blocks.</summary>
    Running,

    /// <summary>Ended, holding nothing. It never runs again.</summary>
    Finished,
}

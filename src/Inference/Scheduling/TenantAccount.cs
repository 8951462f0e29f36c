namespace Inference.Scheduling;

/// <summary>What one tenant has been served.</summary>
internal sealed class TenantAccount(TenantOptions options)
{
    public TenantOptions Options { get; } = options;

    /// <summary>The virtual token counter of <see cref="FairShare"/>: tokens over weight.</summary>
    public double Served { get; set; }

    /// <summary>Sequences that wait for their first admission.</summary>
    public int Queued { get; set; }

    /// <summary>Sequences that hold blocks and are not paused.</summary>
    public int Running { get; set; }

    /// <summary>Sequences that have not ended.</summary>
    public int Live { get; set; }

    /// <summary>The last admission that passed one of its waiting sequences.</summary>
    public long PassedBy { get; set; }

    /// <summary>Whether its own limit keeps its waiting sequences waiting.</summary>
    public bool IsAtLimit => Running >= (Options.MaxRunning ?? int.MaxValue);
}

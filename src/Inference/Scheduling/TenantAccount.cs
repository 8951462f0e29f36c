namespace Inference.Scheduling;

/// <summary>What one tenant has been served.</summary>
internal sealed class TenantAccount
{
    /// <summary>The virtual token counter of <see cref="FairShare"/>.</summary>
    public long Served { get; set; }

    /// <summary>Sequences that wait for their first admission.</summary>
    public int Queued { get; set; }

    /// <summary>Sequences that have not ended.</summary>
    public int Live { get; set; }
}

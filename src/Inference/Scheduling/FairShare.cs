namespace Inference.Scheduling;

/// <summary>Virtual token counters: the tenant served least goes first. Sheng et al., Fairness in Serving Large Language Models (OSDI 2024).</summary>
/// <remarks>
/// <para>A prompt token that had to be computed counts 1 at admission, an output token 2, the paper's weights, over the tenant's own
/// weight; cached tokens and what is computed again after a preemption count nothing. A tenant that comes to queue after an absence
/// starts no lower than the least served of those queueing, so that nobody saves up a claim to the whole machine.</para>
/// <para>While two tenants both have sequences of one priority waiting that nothing but their turn keeps from being admitted, the
/// one ahead is admitted nothing more. So their counters differ by at most what the sequences that one tenant runs at a time may
/// still be charged: r c / w for r of them, each of cost c at most (its prompt once, its output twice), and weight w, however long
/// it goes on. The starvation bound (<see cref="SchedulerOptions.MaxBypasses"/>) comes before this where weights differ by more
/// than it.</para>
/// </remarks>
internal sealed class FairShare(TenantDirectory tenants)
{
    private const double OutputWeight = 2;

    private readonly Dictionary<string, TenantAccount> _accounts = [];
    private TenantAccount? _lastToLeaveQueue;

    /// <summary>How many accounts are kept.</summary>
    public int Count => _accounts.Count;

    /// <summary>Whether as many of a tenant's sequences wait as may.</summary>
    public bool IsQueueFull(string? tenant) =>
        _accounts.TryGetValue(TenantDirectory.NameOf(tenant), out TenantAccount? account) && account.Queued >= (account.Options.MaxQueued ?? int.MaxValue);

    /// <summary>Opens or finds the account of a tenant who queues a sequence.</summary>
    public TenantAccount Enter(string? tenant)
    {
        string name = TenantDirectory.NameOf(tenant);
        if (!_accounts.TryGetValue(name, out TenantAccount? account))
            _accounts.Add(name, account = new TenantAccount(tenants[name]));
        if (account.Queued == 0)
            account.Served = Math.Max(account.Served, Floor());
        account.Queued++;
        account.Live++;
        return account;
    }

    /// <summary>A sequence leaves the queue for the first time, admitted or ended.</summary>
    public void LeaveQueue(TenantAccount account)
    {
        if (--account.Queued == 0)
            _lastToLeaveQueue = account;
    }

    /// <summary>A sequence has ended; accounts that no longer say anything are dropped.</summary>
    public void Leave(TenantAccount account)
    {
        if (--account.Live > 0)
            return;

        // An absent tenant at or below the floor would start at the floor anyway.
        double floor = Floor();
        bool anyLive = false;
        foreach (KeyValuePair<string, TenantAccount> entry in _accounts)
        {
            anyLive |= entry.Value.Live > 0;
            if (entry.Value.Live == 0 && entry.Value.Served <= floor)
                _accounts.Remove(entry.Key);
        }

        if (!anyLive)
        {
            _accounts.Clear();
            _lastToLeaveQueue = null;
        }
    }

    public static void ChargePrompt(TenantAccount account, int tokens) => account.Served += tokens / account.Options.Weight;

    public static void ChargeOutput(TenantAccount account) => account.Served += OutputWeight / account.Options.Weight;

    private double Floor()
    {
        double? least = null;
        foreach (KeyValuePair<string, TenantAccount> entry in _accounts)
        {
            if (entry.Value.Queued > 0)
                least = Math.Min(least ?? double.MaxValue, entry.Value.Served);
        }

        return least ?? _lastToLeaveQueue?.Served ?? 0;
    }
}

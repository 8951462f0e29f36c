namespace Inference.Cpu;

/// <summary>How items are dealt to workers: consecutive ones to each, as evenly as can be.</summary>
internal readonly unsafe struct WorkShare
{
    // Below this, waking the team takes longer than the work.
    private const long SmallestCost = 16 * 1024;

    private readonly nint _items;
    private readonly int _workers;

    /// <summary>Deals the items to the team, or to the caller alone where there is little to do.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="items">How many items.</param>
    /// <param name="cost">Roughly the elements that one item reads or writes.</param>
    public WorkShare(ThreadTeam team, nint items, nint cost)
    {
        _items = items;
        _workers = (long)items * cost < SmallestCost ? 1 : (int)nint.Min(team.Count, nint.Max(items, 1));
    }

    /// <summary>The first item of a worker; the first of the next worker is one past its last.</summary>
    public nint First(int worker) => (nint)((long)_items * int.Min(worker, _workers) / _workers);

    /// <summary>Runs the body on the workers; it must ask this share for its part.</summary>
    public void Run(ThreadTeam team, delegate*<int, void*, void> body, void* state)
    {
        if (_workers == 1)
            body(0, state);
        else
            team.Run(body, state);
    }
}

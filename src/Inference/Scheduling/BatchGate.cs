namespace Inference.Scheduling;

/// <summary>Keeps waiting sequences out until the next batch is formed, where batching is not continuous.</summary>
internal sealed class BatchGate(SchedulerOptions options, int maxRunning)
{
    // The first is number 2: no sequence, new ones included, is of number 1.
    private long _batch = 1;
    private long _lastArrival;
    private int _places;

    /// <summary>Forms the next batch if the one before is over and the mode's conditions are met. Called before the admissions of a step.</summary>
    public void Update(ReadOnlySpan<Sequence> running, ReadOnlySpan<Sequence> waiting)
    {
        if (options.Batching == BatchingMode.Continuous || IsRunning(running, waiting))
            return;

        // Those of the batch that paused are ordinary from here on.
        _batch++;
        _places = options.Batching == BatchingMode.Windowed && !IsReady(waiting) ? 0 : maxRunning;
        _lastArrival = waiting.IsEmpty ? 0 : waiting[^1].Arrival;
    }

    /// <summary>Whether a waiting sequence belongs to the batch or may still join it.</summary>
    public bool Admits(Sequence sequence) =>
        options.Batching == BatchingMode.Continuous || sequence.Batch == _batch || (_places > 0 && sequence.Arrival <= _lastArrival);

    /// <summary>Notes that a sequence was admitted.</summary>
    public void Join(Sequence sequence)
    {
        if (sequence.Batch == _batch)
            return;
        sequence.Batch = _batch;
        _places--;
    }

    /// <summary>Nothing more fits the cache: the batch is complete as it is.</summary>
    public void Close() => _places = 0;

    /// <summary>When the window of the first of those that wait is over, as far as it is known; <see cref="long.MaxValue"/> for never.</summary>
    public long WindowEnd(ReadOnlySpan<Sequence> waiting)
    {
        long end = long.MaxValue;
        if (options.Batching != BatchingMode.Windowed)
            return end;

        foreach (Sequence sequence in waiting)
        {
            if (!sequence.IsIdle && sequence.LastSeen != Sequence.Unseen)
                end = Math.Min(end, sequence.LastSeen + Math.Clamp(options.BatchingWindow - sequence.Waited, 0, long.MaxValue - Math.Max(sequence.LastSeen, 0)));
        }

        return end;
    }

    private bool IsRunning(ReadOnlySpan<Sequence> running, ReadOnlySpan<Sequence> waiting)
    {
        foreach (Sequence sequence in running)
        {
            if (!sequence.IsIdle)
                return true;
        }

        foreach (Sequence sequence in waiting)
        {
            if (!sequence.IsIdle && sequence.Batch == _batch)
                return true;
        }

        return false;
    }

    private bool IsReady(ReadOnlySpan<Sequence> waiting)
    {
        int ready = 0;
        foreach (Sequence sequence in waiting)
        {
            if (!sequence.IsIdle && (++ready == maxRunning || sequence.Waited >= options.BatchingWindow))
                return true;
        }

        return false;
    }
}

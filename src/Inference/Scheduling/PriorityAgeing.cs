namespace Inference.Scheduling;

/// <summary>Counts how long each sequence has waited, and raises its priority by one for every interval of that.</summary>
/// <remarks>What has been won is kept while it runs, so that ranks do not change then, and after a preemption. Time spent paused does not count.</remarks>
internal sealed class PriorityAgeing(long interval)
{
    public void Advance(ReadOnlySpan<Sequence> waiting, long now)
    {
        foreach (Sequence sequence in waiting)
        {
            if (sequence.IsIdle)
            {
                sequence.LastSeen = Sequence.Unseen;
                continue;
            }

            // A clock that goes back does not make anyone younger.
            if (sequence.LastSeen != Sequence.Unseen && now > sequence.LastSeen)
            {
                sequence.Waited += now - sequence.LastSeen;
                sequence.Boost = sequence.Waited / interval;
            }

            sequence.LastSeen = now;
        }
    }
}

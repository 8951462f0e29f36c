namespace Inference;

/// <summary>Finds computations under way that equal requests may join. The engine's thread's alone.</summary>
internal sealed class Coalescing(TimeProvider time)
{
    private readonly Dictionary<CoalescingKey, RequestState> _open = [];

    /// <summary>Lets a request join an equal one's computation; otherwise later ones may join this one's.</summary>
    /// <returns>Whether it joined.</returns>
    public bool TryJoin(Generation newcomer)
    {
        if (newcomer.State.Key is not { } key)
            return false;
        if (!_open.TryGetValue(key, out RequestState? shared))
        {
            _open.Add(key, newcomer.State);
            return false;
        }

        newcomer.Join(shared, time.GetElapsedTime(shared.Submitted, newcomer.Submitted));
        return true;
    }

    /// <summary>Notes that a computation ends: nobody can join it any more.</summary>
    public void Close(RequestState state)
    {
        if (state.Key is { } key && _open.TryGetValue(key, out RequestState? open) && open == state)
            _open.Remove(key);
    }
}

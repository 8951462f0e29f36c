namespace Inference;

/// <summary>Wakes the engine's thread when there is a message for it. Setting it twice wakes once.</summary>
internal sealed class WakeSignal
{
    private readonly object _gate = new();
    private bool _isSet;

    public void Set()
    {
        lock (_gate)
        {
            _isSet = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes the signal back, before looking for messages: one that comes later sets it again.</summary>
    public void Reset()
    {
        lock (_gate)
            _isSet = false;
    }

    /// <summary>Sleeps until the signal is set.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            while (!_isSet)
                Monitor.Wait(_gate);
        }
    }
}

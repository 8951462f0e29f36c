namespace Inference.Tests.Hub;

/// <summary>A clock whose short waits are over at once, and are written down; the long ones, which watch for silence, end when told.</summary>
internal sealed class QuickClock : TimeProvider
{
    public static readonly TimeSpan Stall = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly List<Alarm> _alarms = [];
    private readonly List<TimeSpan> _waits = [];

    /// <summary>The short waits so far.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_lock)
                return [.. _waits];
        }
    }

    /// <summary>Lets all the long waits end.</summary>
    public void FallSilent()
    {
        Alarm[] due;
        lock (_lock)
            due = [.. _alarms];
        foreach (Alarm alarm in due)
            alarm.Ring();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Alarm alarm = new(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    private sealed class Alarm(QuickClock clock, Action ring) : ITimer
    {
        public void Ring() => ring();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._alarms.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                if (dueTime >= Stall)
                {
                    clock._alarms.Add(this);
                    return true;
                }

                clock._waits.Add(dueTime);
            }

            ThreadPool.QueueUserWorkItem(_ => ring());
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock)
                clock._alarms.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

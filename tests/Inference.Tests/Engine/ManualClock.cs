namespace Inference.Tests.Engine;

/// <summary>A clock that stands still until it is advanced; its timers fire then, on the thread that advances it.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Alarm> _alarms = [];
    private long _ticks = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are set.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
                return _alarms.Count(alarm => alarm.Due < long.MaxValue);
        }
    }

    /// <summary>Thrown by the next look at the clock.</summary>
    public Exception? Failure { get; set; }

    public override long GetTimestamp() => Failure is { } failure ? throw failure : Interlocked.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        lock (_lock)
            _alarms.Add(alarm);
        alarm.Change(dueTime, period);
        return alarm;
    }

    public void Advance(TimeSpan time)
    {
        Alarm[] due;
        lock (_lock)
        {
            long now = Interlocked.Add(ref _ticks, time.Ticks);
            due = _alarms.Where(alarm => alarm.Due <= now).ToArray();
            foreach (Alarm alarm in due)
                alarm.Due = long.MaxValue;
        }

        foreach (Alarm alarm in due)
            alarm.Ring();
    }

    private sealed class Alarm(ManualClock clock, Action ring) : ITimer
    {
        public long Due { get; set; } = long.MaxValue;

        public Action Ring { get; } = ring;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : clock._ticks + dueTime.Ticks;
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

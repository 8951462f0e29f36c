using System.Diagnostics.Metrics;

namespace Inference.LoadTest;

/// <summary>Adds up what the engines of this process report of their steps.</summary>
internal sealed class StepClock : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private double _seconds;
    private long _tokens;
    private long _steps;

    public StepClock()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Inference" && instrument.Name is "inference.step.time" or "inference.tokens.computed")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, value, _, _) =>
        {
            lock (_lock)
            {
                _seconds += value;
                _steps++;
            }
        });
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) =>
        {
            lock (_lock)
                _tokens += value;
        });
        _listener.Start();
    }

    /// <summary>Steps, tokens computed and seconds in steps since the last call.</summary>
    public (long Steps, long Tokens, double Seconds) Take()
    {
        lock (_lock)
        {
            (long, long, double) taken = (_steps, _tokens, _seconds);
            (_steps, _tokens, _seconds) = (0, 0, 0);
            return taken;
        }
    }

    public void Dispose() => _listener.Dispose();
}

namespace Inference.Simulation.Measurement;

/// <summary>Adds up what happens in a run.</summary>
internal sealed class RunMetrics(ServiceObjective objective)
{
    private readonly List<double> _firstToken = [];
    private readonly List<double> _perToken = [];
    private readonly List<double> _queue = [];
    private readonly GapHistogram _gaps = new();
    private long _begin = long.MaxValue;
    private long _end;
    private long _good;
    private long _outputTokens;
    private long _promptTokens;
    private long _cachedTokens;
    private long _computedTokens;
    private long _recomputedTokens;
    private long _preemptions;
    private long _steps;
    private long _busy;

    public long Arrived { get; private set; }

    public long Ended => _queue.Count;

    public long Refused { get; private set; }

    /// <summary>Output tokens before this time, in nanoseconds, are left out of <see cref="WindowTokens"/>, and so are those after <see cref="WindowEnd"/>.</summary>
    public long WindowBegin { get; init; }

    public long WindowEnd { get; init; } = long.MaxValue;

    public long WindowTokens { get; private set; }

    public void Arrive(long time)
    {
        Arrived++;
        _begin = Math.Min(_begin, time);
    }

    public void Refuse() => Refused++;

    public void Preempt(int sequences) => _preemptions += sequences;

    public void Step(long nanoseconds)
    {
        _steps++;
        _busy += nanoseconds;
    }

    public void Compute(int tokens, int recomputed)
    {
        _computedTokens += tokens;
        _recomputedTokens += recomputed;
    }

    /// <summary>An output token; for one that is not its request's first, since when the one before.</summary>
    public void Token(long time, long? previous)
    {
        _outputTokens++;
        if (time >= WindowBegin && time < WindowEnd)
            WindowTokens++;
        if (previous is { } before)
            _gaps.Add(time - before);
    }

    public void End(in RequestTimes request)
    {
        _end = Math.Max(_end, request.LastToken);
        _promptTokens += request.PromptTokens;
        _cachedTokens += request.CachedTokens;
        double first = (request.FirstToken - request.Arrival) * 1e-9, each = 0;
        _firstToken.Add(first);
        _queue.Add((request.Scheduled - request.Arrival) * 1e-9);
        if (request.OutputTokens > 1)
            _perToken.Add(each = (request.LastToken - request.FirstToken) * 1e-9 / (request.OutputTokens - 1));
        if (first <= objective.TimeToFirstToken && each <= objective.TimePerOutputToken)
            _good++;
    }

    /// <param name="engines">How many engines took part.</param>
    public RunSummary Summarize(int engines)
    {
        double seconds = Ended == 0 ? 0 : (_end - _begin) * 1e-9;
        double PerSecond(double count) => seconds > 0 ? count / seconds : 0;
        static double Share(double part, double whole) => whole > 0 ? part / whole : 0;
        return new RunSummary(
            Ended,
            Refused,
            seconds,
            PerSecond(Ended),
            PerSecond(_outputTokens),
            PerSecond(_good),
            Quantiles.Of(_firstToken),
            Quantiles.Of(_perToken),
            Quantiles.Of(_gaps),
            Quantiles.Of(_queue),
            Share(_cachedTokens, _promptTokens),
            Share(_recomputedTokens, _computedTokens),
            _preemptions,
            _steps,
            Share(_busy * 1e-9, seconds * engines));
    }
}

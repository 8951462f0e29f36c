using System.Diagnostics.Metrics;

namespace Inference.Diagnostics;

/// <summary>The engine's measurements, under the meter name "Inference".</summary>
/// <remarks>Durations in seconds, as the OpenTelemetry conventions for generative AI have them.</remarks>
internal sealed class EngineMeter : IDisposable
{
    private readonly Meter _meter = new("Inference");
    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _coalesced;
    private readonly Counter<long> _inputTokens;
    private readonly Counter<long> _cachedTokens;
    private readonly Counter<long> _outputTokens;
    private readonly Counter<long> _computedTokens;
    private readonly Counter<long> _preemptions;
    private readonly Histogram<double> _queueTime;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerOutputToken;
    private readonly Histogram<double> _stepTime;
    private readonly Histogram<double> _stepOverhead;
    private readonly Counter<long> _failedSteps;

    public EngineMeter()
    {
        _open = _meter.CreateUpDownCounter<long>("inference.requests.open", "{request}", "Requests submitted and not ended");
        _requests = _meter.CreateCounter<long>("inference.requests", "{request}", "Requests ended, by outcome");
        _coalesced = _meter.CreateCounter<long>("inference.requests.coalesced", "{request}", "Requests that joined an equal request's computation");
        _inputTokens = _meter.CreateCounter<long>("inference.tokens.input", "{token}", "Prompt tokens of ended requests");
        _cachedTokens = _meter.CreateCounter<long>("inference.tokens.input.cached", "{token}", "Prompt tokens that came from the prefix cache");
        _outputTokens = _meter.CreateCounter<long>("inference.tokens.output", "{token}", "Tokens generated");
        _computedTokens = _meter.CreateCounter<long>("inference.tokens.computed", "{token}", "Tokens computed, recomputed ones included");
        _preemptions = _meter.CreateCounter<long>("inference.preemptions", "{preemption}", "Requests that lost their cache blocks to another");
        _queueTime = _meter.CreateHistogram<double>("inference.queue.time", "s", "Submission to first step");
        _timeToFirstToken = _meter.CreateHistogram<double>("inference.time_to_first_token", "s", "Submission to first token");
        _timePerOutputToken = _meter.CreateHistogram<double>("inference.time_per_output_token", "s", "Mean time between a request's tokens after the first");
        _stepTime = _meter.CreateHistogram<double>("inference.step.time", "s", "One step: plan and forward pass");
        _stepOverhead = _meter.CreateHistogram<double>("inference.step.overhead", "s", "What a step takes besides forward pass and sampling");
        _failedSteps = _meter.CreateCounter<long>("inference.steps.failed", "{step}", "Steps that failed on the device");
    }

    public void Submitted() => Add(_open, 1);

    public void Stepped(int computedTokens, int preemptions, TimeSpan time, TimeSpan overhead)
    {
        Add(_computedTokens, computedTokens);
        if (preemptions > 0)
            Add(_preemptions, preemptions);
        Record(_stepTime, time);
        Record(_stepOverhead, overhead);
    }

    public void StepFailed() => Add(_failedSteps, 1);

    /// <summary>Counts a request that ended, and where its time went.</summary>
    public void Ended(string outcome, int inputTokens, int cachedTokens, int outputTokens, TimeSpan queue, TimeSpan timeToFirstToken, TimeSpan decode)
    {
        CountEnd(outcome);
        Add(_inputTokens, inputTokens);
        Add(_cachedTokens, cachedTokens);
        Add(_outputTokens, outputTokens);
        Record(_queueTime, queue);
        if (outputTokens > 0)
            Record(_timeToFirstToken, timeToFirstToken);
        if (outputTokens > 1)
            Record(_timePerOutputToken, decode / (outputTokens - 1));
    }

    /// <summary>Counts a request that joins another one's computation. Tokens and times are counted once, for the first of them.</summary>
    public void Coalesced() => Add(_coalesced, 1);

    /// <summary>Counts the end of a request that had joined, or that leaves others to go on with its computation.</summary>
    public void EndedCoalesced(string outcome) => CountEnd(outcome);

    public void Failed() => CountEnd("Failed");

    public void Dispose() => _meter.Dispose();

    private void CountEnd(string outcome)
    {
        Add(_open, -1);
        try
        {
            _requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        }
        catch (Exception)
        {
            // See Add.
        }
    }

    // Listeners are the host's code and are called right here: what they throw must not end requests, let alone the engine.
    private static void Add(Counter<long> counter, long value)
    {
        try
        {
            counter.Add(value);
        }
        catch (Exception)
        {
            // The listener's own.
        }
    }

    private static void Add(UpDownCounter<long> counter, long value)
    {
        try
        {
            counter.Add(value);
        }
        catch (Exception)
        {
            // The listener's own.
        }
    }

    private static void Record(Histogram<double> histogram, TimeSpan time)
    {
        try
        {
            histogram.Record(time.TotalSeconds);
        }
        catch (Exception)
        {
            // The listener's own.
        }
    }
}

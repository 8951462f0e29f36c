namespace Inference;

/// <summary>The figures behind <see cref="EngineStatistics"/>: written by the engine's thread, read by any.</summary>
internal sealed class EngineCounters
{
    private int _waiting;
    private int _running;
    private int _freeBlocks;
    private int _totalBlocks;
    private int _pinnedBlocks;
    private long _steps;
    private long _computedTokens;
    private long _preemptions;
    private long _failedSteps;
    private long _stepTicks;
    private long _forwardTicks;
    private long _samplingTicks;

    public void Publish(int waiting, int running, int freeBlocks, int totalBlocks, int pinnedBlocks)
    {
        Volatile.Write(ref _waiting, waiting);
        Volatile.Write(ref _running, running);
        Volatile.Write(ref _freeBlocks, freeBlocks);
        Volatile.Write(ref _totalBlocks, totalBlocks);
        Volatile.Write(ref _pinnedBlocks, pinnedBlocks);
    }

    public void Count(int computedTokens, int preemptions)
    {
        Volatile.Write(ref _steps, _steps + 1);
        Volatile.Write(ref _computedTokens, _computedTokens + computedTokens);
        Volatile.Write(ref _preemptions, _preemptions + preemptions);
    }

    public void CountFailedStep() => Volatile.Write(ref _failedSteps, _failedSteps + 1);

    public void Add(in StepTimes times)
    {
        Volatile.Write(ref _stepTicks, _stepTicks + times.Step.Ticks);
        Volatile.Write(ref _forwardTicks, _forwardTicks + times.Forward.Ticks);
        Volatile.Write(ref _samplingTicks, _samplingTicks + times.Sampling.Ticks);
    }

    public EngineStatistics Read() => new(
        Volatile.Read(ref _waiting),
        Volatile.Read(ref _running),
        Volatile.Read(ref _freeBlocks),
        Volatile.Read(ref _totalBlocks),
        Volatile.Read(ref _steps),
        Volatile.Read(ref _computedTokens),
        Volatile.Read(ref _preemptions))
    {
        PinnedBlocks = Volatile.Read(ref _pinnedBlocks),
        FailedSteps = Volatile.Read(ref _failedSteps),
        ForwardTime = new TimeSpan(Volatile.Read(ref _forwardTicks)),
        SamplingTime = new TimeSpan(Volatile.Read(ref _samplingTicks)),
        StepTime = new TimeSpan(Volatile.Read(ref _stepTicks)),
    };
}

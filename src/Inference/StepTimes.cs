using System.Diagnostics;

namespace Inference;

/// <summary>Where the turns of the engine's thread spend their time. Its thread's alone.</summary>
/// <remarks>By the machine's clock, whatever clock the engine's deadlines follow: this is about real work.</remarks>
internal struct StepTimes
{
    private long _turn;
    private long _since;

    /// <summary>What the device took, waits for it included.</summary>
    public TimeSpan Forward { get; private set; }

    /// <summary>What choosing tokens from logits took.</summary>
    public TimeSpan Sampling { get; private set; }

    /// <summary>The whole turn: messages, plan, forward, sampling, text, delivery.</summary>
    public TimeSpan Step { get; private set; }

    /// <summary>Starts a turn.</summary>
    public void Begin()
    {
        _turn = Stopwatch.GetTimestamp();
        Forward = Sampling = Step = TimeSpan.Zero;
    }

    /// <summary>Starts to measure a part of the turn.</summary>
    public void Mark() => _since = Stopwatch.GetTimestamp();

    /// <summary>What passed since the mark was the device's.</summary>
    public void AddForward() => Forward += Stopwatch.GetElapsedTime(_since);

    /// <summary>What passed since the mark was sampling.</summary>
    public void AddSampling() => Sampling += Stopwatch.GetElapsedTime(_since);

    /// <summary>Ends the turn.</summary>
    public void End() => Step = Stopwatch.GetElapsedTime(_turn);
}

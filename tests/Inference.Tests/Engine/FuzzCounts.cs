namespace Inference.Tests.Engine;

/// <summary>What a fuzz run has been through: a run without preemptions would prove nothing about them.</summary>
internal sealed class FuzzCounts
{
    public int Engines { get; set; }

    public int Requests { get; set; }

    public int Forks { get; set; }

    public int Left { get; set; }

    public int Joined { get; set; }

    /// <summary>Requests whose prompt took several steps.</summary>
    public int Chunked { get; set; }

    /// <summary>Requests that found the beginning of their prompt in the cache.</summary>
    public int PrefixHits { get; set; }

    public int Pins { get; set; }

    public long Preemptions { get; set; }

    /// <summary>Blocks copied before a fork wrote into them.</summary>
    public int BlockCopies { get; set; }

    public long Steps { get; set; }

    /// <summary>Rows of logits compared with those of the request alone.</summary>
    public long Rows { get; set; }

    public long Logits { get; set; }

    public override string ToString() =>
        $"{Requests} requests in {Engines} engines, {Steps} steps: {Rows} rows of logits ({Logits} numbers) compared; {Forks} forks, {BlockCopies} blocks copied on write, "
        + $"{Preemptions} preemptions, {PrefixHits} prefix hits, {Chunked} chunked prompts, {Left} left early, {Joined} joined another's computation, {Pins} pinned prefixes";
}

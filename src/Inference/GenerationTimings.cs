namespace Inference;

/// <summary>Where the time of one request went.</summary>
/// <param name="Queue">From submission to the first step that computed for it.</param>
/// <param name="Prefill">From that step's start to the first token.</param>
/// <param name="Decode">From the first token to the last.</param>
/// <param name="Preemptions">How often it lost its cache blocks to another request and was recomputed.</param>
public sealed record GenerationTimings(TimeSpan Queue, TimeSpan Prefill, TimeSpan Decode, int Preemptions)
{
    /// <summary>TTFT: from submission to the first token, queue included. Zero where no token came.</summary>
    public TimeSpan TimeToFirstToken => Queue + Prefill;

    /// <summary>From submission to the last token.</summary>
    public TimeSpan Total => Queue + Prefill + Decode;
}

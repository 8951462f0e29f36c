using System.Text;
using Inference.Sampling;
using Inference.Scheduling;
using Inference.Tokenization;

namespace Inference;

/// <summary>One computation: what the engine's thread keeps of it while it runs. Usually it is for one request, after coalescing for several.</summary>
internal sealed class RequestState
{
    private readonly Lock _lock = new();

    /// <summary>Its tokens and blocks.</summary>
    public required Sequence Sequence { get; init; }

    /// <summary>The prompt's tokens.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>As the caller gave them.</summary>
    public required GenerationOptions Options { get; init; }

    /// <summary>Draws its tokens.</summary>
    public required Sampler Sampler { get; init; }

    /// <summary>Turns its tokens into text.</summary>
    public required TextStream Text { get; init; }

    /// <summary>The seed in use.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Time stamp of the submission.</summary>
    public required long Submitted { get; init; }

    /// <summary>The requests it is for; never empty once submitted.</summary>
    public List<Generation> Callers { get; } = [];

    /// <summary>The output so far.</summary>
    public StringBuilder Output { get; } = new(256);

    /// <summary>All that was streamed, where requests may join later; otherwise null.</summary>
    public List<GeneratedToken>? Streamed { get; private init; }

    /// <summary>By which equal requests find it, or null.</summary>
    public CoalescingKey? Key
    {
        get;
        init
        {
            field = value;
            Streamed = value is null ? null : [];
        }
    }

    /// <summary>The sequence that it shares its first tokens with, and whose blocks it may take over; null once the scheduler knows, so that a line of forks does not keep all its ancestors.</summary>
    public Sequence? Origin { get; set; }

    /// <summary>How many of the prompt's first tokens no ancestor of a fork generated: where the output of the whole line begins.</summary>
    public required int LineStart { get; init; }

    /// <summary>Messages that were left out of the prompt.</summary>
    public IReadOnlyList<Message> Dropped { get; init; } = [];

    /// <summary>Whether it is for its prompt's blocks, which stay when it ends, and generates nothing.</summary>
    public bool Pins { get; init; }

    /// <summary>Time stamps of the first and the latest token, or -1.</summary>
    public long FirstToken { get; set; } = -1;

    public long LastToken { get; set; } = -1;

    /// <summary>Whether it still occupies a place in the bounded queue.</summary>
    public bool HoldsQueuePlace { get; set; } = true;

    /// <summary>Adds a token to the sequence; guarded, since forks copy the tokens on their callers' threads.</summary>
    public void Append(Scheduler scheduler, int token)
    {
        lock (_lock)
            scheduler.Append(Sequence, token);
    }

    /// <summary>All tokens known now; from any thread.</summary>
    public int[] CopyTokens()
    {
        lock (_lock)
            return Sequence.Tokens.ToArray();
    }

    /// <summary>Hands a token to every caller.</summary>
    /// <returns>Whether all of them are so far behind that the computation should pause.</returns>
    public bool Deliver(in GeneratedToken token)
    {
        Streamed?.Add(token);
        bool pause = true;
        foreach (Generation caller in Callers)
            pause &= caller.Deliver(token);
        return pause;
    }
}

using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>What a test knows of a sequence besides what the scheduler does.</summary>
internal sealed class SimulatedSequence
{
    private readonly List<ulong> _contents = [];

    public required Sequence Sequence { get; set; }

    /// <summary>Makes sequences with equal texts go different ways.</summary>
    public ulong Seed { get; init; }

    /// <summary>Later arrivals that were admitted while this one was its tenant's first to wait, counted by the test.</summary>
    public int Bypasses { get; set; }

    /// <summary>Later arrivals that were admitted while this one waited for its first admission.</summary>
    public int Passed { get; set; }

    /// <summary>Sequences of its tenant that had not ended when it arrived.</summary>
    public int OwnAhead { get; init; }

    public string TenantName => Sequence.Tenant ?? "";

    public bool IsLive => Sequence.State is SequenceState.Waiting or SequenceState.Running;

    /// <summary>What a cache slot holds for a position: it depends on the salt and on all tokens up to there, as keys and values do.</summary>
    public ulong Content(int position)
    {
        for (int i = _contents.Count; i <= position; i++)
        {
            ulong before = i > 0 ? _contents[i - 1] : Mix((ulong)(Sequence.CacheSalt is { } salt ? salt.Length + 1 : 0));
            _contents.Add(Mix(before + (ulong)Sequence.Tokens[i] + 1));
        }

        return _contents[position];
    }

    public int Sample(ulong lastContent, int vocabulary) => (int)(Mix(lastContent ^ Seed) % (ulong)vocabulary);

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

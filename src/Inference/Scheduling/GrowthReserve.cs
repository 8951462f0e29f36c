using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>How much of the cache admissions leave free for what running sequences have yet to write.</summary>
/// <remarks>
/// <para>Nobody knows how long an output becomes. Without a reserve, everything whose prompt fits is admitted, outgrows the cache,
/// and is preempted and computed again; with a reserve for the longest possible outputs, most of the cache stays empty. So the
/// reserve follows what preemptions waste, w, in units of its limit (<see cref="SchedulerOptions.MaxWaste"/> of all tokens
/// computed): nothing while nothing is lost; w times what outputs turn out to need on average, up to the limit; from there on
/// more, until at twice the limit all is kept that could ever be written, and what is admitted can no longer lose anything to its
/// equals.</para>
/// <para>The idea of learning from preemptions how much to reserve is that of SGLang's scheduler (Zheng et al., 2024); there it is
/// the ratio itself that jumps and decays.</para>
/// </remarks>
internal sealed class GrowthReserve(BlockPool pool, double maxWaste)
{
    /// <summary>So many tokens from now, what was lost and computed counts half: a load that has changed is not judged by its past.</summary>
    private const double HalfLife = 1 << 20;

    private double _computed;
    private double _lost;
    private double _written;
    private double _allowed;
    private double _fraction;
    private long _promised;

    /// <summary>Tokens computed again because a preemption had taken them.</summary>
    public long Recomputed { get; private set; }

    public void NoteComputed(int tokens)
    {
        _computed += tokens;
        if (_computed < 2 * HalfLife)
            return;
        _computed /= 2;
        _lost /= 2;
        _written /= 2;
        _allowed /= 2;
    }

    /// <summary>An output has ended, and shows how much of what it might have written it did write.</summary>
    public void NoteEnded(Sequence sequence)
    {
        _written += sequence.Length - sequence.PromptLength;
        _allowed += sequence.MaxLength - sequence.PromptLength;
    }

    public void NotePreempted(Sequence victim)
    {
        victim.LostTokens = victim.Computed;
        _lost += victim.Computed;
    }

    /// <summary>A preempted sequence runs again; what the cache had kept of it was not lost.</summary>
    public void NoteReturned(Sequence sequence)
    {
        int kept = Math.Min(sequence.Computed, sequence.LostTokens);
        _lost -= kept;
        Recomputed += sequence.LostTokens - kept;
        sequence.LostTokens = 0;
    }

    /// <summary>Sums up what running sequences are promised; before the admissions of a step.</summary>
    public void Assess(ReadOnlySpan<Sequence> running)
    {
        // What little an engine has computed at first says nothing yet: one cacheful at least is the measure.
        double waste = _lost / (maxWaste * Math.Max(_computed, (double)pool.BlockCount * pool.BlockSize));
        double mean = _allowed > 0 ? _written / _allowed : 1;
        _fraction = waste <= 0 ? 0 : Math.Min(1, (waste * mean) + Math.Max(0, waste - 1));
        _promised = 0;
        if (_fraction == 0)
            return;
        foreach (Sequence sequence in running)
            Add(sequence);
    }

    /// <summary>Counts one that was admitted since.</summary>
    public void Add(Sequence started)
    {
        if (_fraction > 0)
            _promised += pool.BlocksFor(Foreseen(started)) - started.Blocks.Length;
    }

    /// <summary>Whether a waiting sequence fits beside what is promised to others. Alone it need only fit as it is.</summary>
    public bool Fits(Sequence sequence, bool alone)
    {
        if (_fraction == 0 || alone)
            return sequence.Table.Fits(pool, sequence.Tokens, sequence.MaxLength);

        int usual = Math.Min(pool.BlocksFor(sequence.Length) + 1, pool.BlocksFor(sequence.MaxLength));
        int own = Math.Max(pool.BlocksFor(Foreseen(sequence)) - usual, 0);
        return sequence.Table.Fits(pool, sequence.Tokens, sequence.MaxLength, _promised + own);
    }

    /// <summary>The length up to which blocks are kept.</summary>
    private int Foreseen(Sequence sequence) => sequence.Length + (int)Math.Ceiling(_fraction * (sequence.MaxLength - sequence.Length));
}

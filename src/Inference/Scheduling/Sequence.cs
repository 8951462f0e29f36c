using System.Runtime.InteropServices;
using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>One text in the making: the tokens known, how many of them are computed, and the blocks that hold those.</summary>
/// <remarks>The caller reads it; the scheduler alone changes it. Not thread-safe.</remarks>
internal sealed class Sequence
{
    /// <summary>The value of <see cref="LastSeen"/> before the first plan.</summary>
    internal const long Unseen = long.MinValue;

    private readonly List<int> _tokens;
    private int _common;

    /// <summary>Creates a sequence to be offered to a scheduler.</summary>
    /// <param name="id">The caller's name for it; the scheduler does not look at it.</param>
    /// <param name="prompt">At least one token; copied.</param>
    /// <param name="maxLength">The most tokens of prompt and output together; at least those of the prompt.</param>
    public Sequence(long id, ReadOnlySpan<int> prompt, int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Length, nameof(prompt));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, prompt.Length);
        Id = id;
        PromptLength = prompt.Length;
        MaxLength = maxLength;
        _tokens = new List<int>((int)Math.Min(maxLength, prompt.Length + 64L));
        _tokens.AddRange(prompt);
    }

    public long Id { get; }

    public int PromptLength { get; }

    public int MaxLength { get; }

    /// <summary>The higher goes first, within the starvation bound; it rises while the sequence waits.</summary>
    public int Priority { get; init; }

    /// <summary>Who asks; tenants share by their weights. Null is one tenant of its own, that of the empty string.</summary>
    public string? Tenant { get; init; }

    /// <summary>Only sequences with equal salts share cached prefixes.</summary>
    public string? CacheSalt
    {
        get;
        init
        {
            field = value;
            Table = new BlockTable(BlockHash.Root(value));
        }
    }

    /// <summary>When it is to end, by the clock that <see cref="Scheduler.Plan"/> is given.</summary>
    public long Deadline { get; init; } = long.MaxValue;

    /// <summary>Anything of the caller's.</summary>
    public object? Owner { get; set; }

    /// <summary>Known tokens: the prompt and what was appended.</summary>
    public int Length => _tokens.Count;

    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>How many of the known tokens are in the cache, always the first ones.</summary>
    public int Computed { get; internal set; }

    /// <summary>Known tokens yet to compute.</summary>
    public int Distance => Length - Computed;

    /// <summary>The block table; empty unless running.</summary>
    public ReadOnlySpan<int> Blocks => Table.Blocks;

    public SequenceState State { get; internal set; }

    public bool IsPaused { get; internal set; }

    /// <summary>Prompt tokens that came from the prefix cache at the first admission.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>How often its blocks were taken from it.</summary>
    public int Preemptions { get; internal set; }

    /// <summary>The time of its first admission, or -1.</summary>
    public long FirstScheduled { get; internal set; } = -1;

    /// <summary>Says, before it is offered to a scheduler, that it begins like another one's tokens: it then takes over what that one has computed by its admission.</summary>
    /// <param name="origin">Offered to the same scheduler, with the same salt; in any state.</param>
    /// <param name="common">How many of the first tokens are the same.</param>
    public void ForkFrom(Sequence origin, int common)
    {
        Origin = origin;
        _common = common;
        Table.ForkFrom(origin.Table, common);
    }

    // What follows is the scheduler's own.

    /// <summary>Whom it was forked from; null once it runs.</summary>
    internal Sequence? Origin { get; set; }

    /// <summary>Whether what it can take over is being computed now.</summary>
    internal bool AwaitsOrigin => Origin is { State: SequenceState.Running, IsIdle: false } origin && origin.Computed < Math.Min(_common, Length - 1);

    internal BlockTable Table { get; private init; } = new(BlockHash.Root(null));

    /// <summary>Who accepted it.</summary>
    internal Scheduler? Scheduler { get; set; }

    internal TenantAccount? Account { get; set; }

    /// <summary>Its place in the order of arrival.</summary>
    internal long Arrival { get; set; }

    /// <summary>Its place in the order of admission, the latest if there were several; 0 before the first.</summary>
    internal long Admitted { get; set; }

    /// <summary>How many later arrivals were admitted while it was the first of its tenant to wait.</summary>
    internal int Bypasses { get; set; }

    /// <summary>Whether the starvation bound has been reached; for life, so that a rank once won is not lost again.</summary>
    internal bool IsOverdue { get; set; }

    internal bool IsExpired { get; set; }

    /// <summary>Time waited, pauses left out.</summary>
    internal long Waited { get; set; }

    /// <summary>The time of the last plan that found it waiting and not idle, or <see cref="Unseen"/>.</summary>
    internal long LastSeen { get; set; } = Unseen;

    /// <summary>What waiting has added to its priority.</summary>
    internal long Boost { get; set; }

    internal long EffectivePriority => Priority + Math.Min(Boost, uint.MaxValue);

    /// <summary>The batch it last joined; 0 for none.</summary>
    internal long Batch { get; set; }

    /// <summary>Tokens that were computed when it was last preempted, while it has not come back.</summary>
    internal int LostTokens { get; set; }

    /// <summary>Whether it is not to run now.</summary>
    internal bool IsIdle => IsPaused || IsExpired;

    /// <summary>The last step in which a slice of it was planned.</summary>
    internal long PlannedStep { get; set; }

    /// <summary>The last step in which it was held back.</summary>
    internal long HeldStep { get; set; }

    internal void Append(int token) => _tokens.Add(token);

    /// <summary>The order in which blocks are granted: overdue ones by arrival, then by priority, then by arrival. Fixed while running.</summary>
    internal bool Outranks(Sequence other)
    {
        if (IsOverdue != other.IsOverdue)
            return IsOverdue;
        if (!IsOverdue && EffectivePriority != other.EffectivePriority)
            return EffectivePriority > other.EffectivePriority;
        return Arrival < other.Arrival;
    }
}

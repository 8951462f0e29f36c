namespace Inference;

/// <summary>What is done with a conversation that is too long for the context.</summary>
/// <remarks>
/// <para>Only whole turns are ever dropped. A turn begins with a "user" message that does not follow another one, and has all messages
/// up to the next turn: a tool's result is never parted from its call. What comes before the first such message is a turn too.
/// Messages of the roles "system" and "developer" belong to no turn and are always kept, and so is the last turn.</para>
/// <para>What was dropped is in <see cref="Generation.DroppedMessages"/> and <see cref="GenerationResult.DroppedMessages"/>. A conversation
/// that is too long even so is refused with a <see cref="ContextLengthExceededException"/>.</para>
/// <para>A rendered conversation fits if the context has room for it and for <see cref="GenerationOptions.MaxOutputTokens"/> tokens,
/// or for a quarter of the context where that is not set. A last turn that does not leave this much room is generated from all the same,
/// if one token can follow it.</para>
/// </remarks>
public sealed record ContextPolicy
{
    private ContextPolicy(int turns, bool drops)
    {
        Turns = turns;
        Drops = drops;
    }

    /// <summary>Refuse it with a <see cref="ContextLengthExceededException"/>. The default.</summary>
    public static ContextPolicy Refuse { get; } = new(int.MaxValue, false);

    /// <summary>Drop as few of the oldest turns as make the rest fit.</summary>
    public static ContextPolicy DropOldestTurns { get; } = new(int.MaxValue, true);

    /// <summary>The most turns that are kept.</summary>
    internal int Turns { get; }

    /// <summary>Whether anything may be dropped.</summary>
    internal bool Drops { get; }

    /// <summary>Keep so many of the latest turns whether or not more would fit, and fewer where these do not fit.</summary>
    /// <param name="turns">At least 1; the last turn, the one to be answered, counts.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="turns"/> is less than 1.</exception>
    public static ContextPolicy SlidingWindow(int turns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(turns, 1);
        return new ContextPolicy(turns, true);
    }
}

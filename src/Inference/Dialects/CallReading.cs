namespace Inference.Dialects;

/// <summary>What came of reading the text of a call.</summary>
/// <param name="Status">Whether it was one.</param>
/// <param name="Calls">What it calls, where it was; at least one.</param>
/// <param name="Length">How many characters the calls take; what follows is no part of them.</param>
internal readonly record struct CallReading(CallStatus Status, IReadOnlyList<CallDraft> Calls, int Length)
{
    public static CallReading Malformed { get; } = new(CallStatus.Malformed, [], 0);

    public static CallReading Incomplete { get; } = new(CallStatus.Incomplete, [], 0);

    /// <summary>Calls that take all of a text; none are malformed.</summary>
    public static CallReading Of(IReadOnlyList<CallDraft> calls, int length) => calls.Count > 0 ? new(CallStatus.Read, calls, length) : Malformed;
}

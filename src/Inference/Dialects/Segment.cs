namespace Inference.Dialects;

/// <summary>A stretch of what a model says.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As the model said it, marks spelled out; all segments' texts, joined, are all that it said.</param>
internal readonly record struct Segment(SegmentKind Kind, string Text)
{
    /// <summary>The calls, where it is some.</summary>
    public IReadOnlyList<CallDraft> Calls { get => field ?? []; init; }
}

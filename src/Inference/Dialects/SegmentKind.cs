namespace Inference.Dialects;

/// <summary>What a stretch of what a model says is.</summary>
internal enum SegmentKind
{
    /// <summary>Neither thought nor said: a mark, or white space around one.</summary>
    Mark,

    /// <summary>Thought before the answer.</summary>
    Reasoning,

    /// <summary>The answer.</summary>
    Answer,

    /// <summary>Calls of tools.</summary>
    Calls,
}

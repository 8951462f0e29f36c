namespace Inference.Models;

/// <summary>Whether and how queries and keys are normalised before the rotary embedding (QK-norm).</summary>
internal enum HeadNorm
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Each head on its own, all with one gain.</summary>
    EachHead,

    /// <summary>All heads of a row as one vector.</summary>
    WholeProjection,
}

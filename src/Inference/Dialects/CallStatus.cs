namespace Inference.Dialects;

/// <summary>Whether a text is a call.</summary>
internal enum CallStatus
{
    /// <summary>It is none, whatever follows.</summary>
    Malformed,

    /// <summary>It may be the beginning of one.</summary>
    Incomplete,

    /// <summary>It is one.</summary>
    Read,
}

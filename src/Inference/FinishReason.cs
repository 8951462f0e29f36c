namespace Inference;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended the text, or a stop sequence appeared.</summary>
    Stop,

    /// <summary>As many tokens as asked for, or as the context holds, were generated.</summary>
    Length,

    /// <summary>The request's deadline passed.</summary>
    Deadline,

    /// <summary>The caller left: cancelled, disposed, or broke out of the enumeration.</summary>
    Cancelled,
}

namespace Inference;

/// <summary>The engine no longer takes requests, or stopped before this one was done.</summary>
/// <remarks>It was drained, stopped or disposed; where it failed, this is an <see cref="EngineFailedException"/>.</remarks>
public class EngineStoppedException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What stopped it.</param>
    /// <param name="innerException">The cause, if it failed.</param>
    public EngineStoppedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

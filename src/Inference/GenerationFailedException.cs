namespace Inference;

/// <summary>A request failed while it was computed. Other requests go on.</summary>
public sealed class GenerationFailedException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public GenerationFailedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

namespace Inference;

/// <summary>Base of every error that this library raises on purpose.</summary>
/// <remarks>Catch this to handle any refusal of the library; catch a derived type to handle one kind.</remarks>
public abstract class InferenceException : Exception
{
    /// <summary>Creates the exception with a message that names what is wrong and where.</summary>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    protected InferenceException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

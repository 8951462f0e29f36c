namespace Inference;

/// <summary>The engine's own thread has failed: a defect in the library, or in a clock given to it. It computes nothing any more.</summary>
/// <remarks>
/// Every request that was open ends with it, every later one is refused with it, and <see cref="InferenceEngine.Failure"/> keeps the cause.
/// Dispose the engine and load another. What fails on the device or in a caller's code does not lead here: it ends its own requests,
/// with a <see cref="GenerationFailedException"/>.
/// </remarks>
public sealed class EngineFailedException : EngineStoppedException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was refused or cut off, and why.</param>
    /// <param name="cause">What the thread failed with.</param>
    public EngineFailedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

namespace Inference.Sampling;

/// <summary>A model produced logits that no token can be chosen from.</summary>
/// <remarks>Damaged weights, or activations that overflowed, end one request with this; the engine goes on.</remarks>
public sealed class InvalidLogitsException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="position">Position in its sequence of the token that was to be chosen.</param>
    public InvalidLogitsException(int position)
        : base($"The logits for position {position} hold a NaN or positive infinity, or no finite value; no token can be chosen.") => Position = position;

    /// <summary>Position in its sequence of the token that was to be chosen.</summary>
    public int Position { get; }
}

namespace Inference.Sampling;

/// <summary>A model produced logits that no token can be chosen from.</summary>
/// <remarks>Damaged weights, or activations that overflowed, end one request with this; the engine goes on.</remarks>
internal sealed class InvalidLogitsException(int position)
    : InferenceException($"The logits for position {position} hold a NaN or positive infinity, or no finite value; no token can be chosen.")
{
    /// <summary>Position in its sequence of the token that was to be chosen.</summary>
    public int Position { get; } = position;
}

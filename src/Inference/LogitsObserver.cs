namespace Inference;

/// <summary>Sees the logits that a token is about to be chosen from.</summary>
/// <param name="position">Position in the sequence of the token to be chosen.</param>
/// <param name="logits">As many as the vocabulary has tokens; valid during the call.</param>
internal delegate void LogitsObserver(int position, ReadOnlySpan<float> logits);

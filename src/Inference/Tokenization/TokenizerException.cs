namespace Inference.Tokenization;

/// <summary>A text that a <see cref="TextEncoder"/> encodes to what it must not: control tokens for what is text, or ids that the vocabulary has not.</summary>
public sealed class TokenizerException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong.</param>
    public TokenizerException(string message)
        : base(message)
    {
    }
}

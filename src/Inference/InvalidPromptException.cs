namespace Inference;

/// <summary>A prompt that no model could continue: empty, or with ids outside the vocabulary.</summary>
public sealed class InvalidPromptException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong with it.</param>
    public InvalidPromptException(string message)
        : base(message)
    {
    }
}

namespace Inference;

/// <summary>A conversation has what the chat template cannot show to the model: an option that it does not know, or calls of tools.</summary>
public sealed class ChatTemplateOptionException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="option">What cannot be honoured, by its name.</param>
    /// <param name="reason">Why not.</param>
    public ChatTemplateOptionException(string option, string reason)
        : base($"The chat template cannot honour {option}: {reason}.")
    {
        Option = option;
    }

    /// <summary>What cannot be honoured: the name of a property of <see cref="ChatTemplateOptions"/> or <see cref="Message"/>, for a further variable with its name in brackets.</summary>
    public string Option { get; }
}

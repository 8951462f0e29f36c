namespace Inference;

/// <summary>Messages were given to a model whose files hold no chat template.</summary>
public sealed class ChatTemplateMissingException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="model">The model.</param>
    public ChatTemplateMissingException(string model)
        : base($"{model} has no chat template (tokenizer.chat_template); give it text or token ids.")
    {
    }
}

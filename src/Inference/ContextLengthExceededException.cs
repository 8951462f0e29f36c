namespace Inference;

/// <summary>A prompt is too long for the model's context. Nothing was computed and nothing was cut.</summary>
public sealed class ContextLengthExceededException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="inputTokens">Tokens of the prompt.</param>
    /// <param name="limit">The most tokens of prompt and output together.</param>
    public ContextLengthExceededException(int inputTokens, int limit)
        : base($"The prompt has {inputTokens} tokens; the context holds {limit}, of which at least one must be left for the output.")
    {
        InputTokens = inputTokens;
        Limit = limit;
    }

    /// <summary>Tokens of the prompt.</summary>
    public int InputTokens { get; }

    /// <summary>The most tokens of prompt and output together.</summary>
    public int Limit { get; }
}

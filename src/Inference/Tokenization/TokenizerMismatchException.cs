namespace Inference.Tokenization;

/// <summary>A tokenizer that was given for a model has ids for which the model has no row.</summary>
public sealed class TokenizerMismatchException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The model.</param>
    /// <param name="tokens">One more than the tokenizer's highest id.</param>
    /// <param name="rows">The rows of the model's embedding table.</param>
    public TokenizerMismatchException(string path, int tokens, int rows)
        : base($"The tokenizer that was given for {path} has {tokens} tokens, the model's embedding table only {rows} rows.")
    {
        Tokens = tokens;
        Rows = rows;
    }

    /// <summary>One more than the tokenizer's highest id.</summary>
    public int Tokens { get; }

    /// <summary>The rows of the model's embedding table.</summary>
    public int Rows { get; }
}

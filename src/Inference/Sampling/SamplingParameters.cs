namespace Inference.Sampling;

/// <summary>How a request's tokens are chosen. The defaults are plain greedy decoding.</summary>
internal sealed record SamplingParameters
{
    /// <summary>Divides the logits; 0 takes the most probable token.</summary>
    public float Temperature { get; init; }

    /// <summary>Keeps the k most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the fewest most probable tokens whose probabilities reach this sum, in (0, 1]; 1 keeps all. Holtzman et al., 2020.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens at least this fraction as probable as the most probable one, in [0, 1]; 0 keeps all. Nguyen et al., 2024.</summary>
    public float MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens in prompt and output; above 0, 1 changes nothing. Keskar et al., 2019.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from a token's logit for each time it is in the output.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted from a token's logit if it is in the output at all.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Added to the logits of single tokens; negative infinity bans a token.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Seeds the random numbers.</summary>
    public ulong Seed { get; init; }

    /// <summary>Null reports no log-probabilities; n reports the chosen token's and those of the n most probable tokens.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>Tokens to take one after another after the prompt instead of choosing; null for none.</summary>
    public IReadOnlyList<int>? Forced { get; init; }

    /// <summary>Whether logits depend on the tokens before.</summary>
    public bool HasPenalties => RepetitionPenalty != 1 || FrequencyPenalty != 0 || PresencePenalty != 0;

    /// <summary>Refuses values that mean nothing.</summary>
    /// <param name="vocabularySize">Tokens in the model's vocabulary.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; it is the exception's parameter name.</exception>
    public void Validate(int vocabularySize)
    {
        Require(float.IsFinite(Temperature) && Temperature >= 0, Temperature, "must be 0 or a positive number", nameof(Temperature));
        Require(TopK >= 0, TopK, "must be 0 (off) or more", nameof(TopK));
        Require(TopP is > 0 and <= 1, TopP, "must be above 0 and at most 1", nameof(TopP));
        Require(MinP is >= 0 and <= 1, MinP, "must be from 0 to 1", nameof(MinP));
        Require(float.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, RepetitionPenalty, "must be a positive number", nameof(RepetitionPenalty));
        Require(float.IsFinite(FrequencyPenalty), FrequencyPenalty, "must be a finite number", nameof(FrequencyPenalty));
        Require(float.IsFinite(PresencePenalty), PresencePenalty, "must be a finite number", nameof(PresencePenalty));
        Require(LogProbabilities is null or >= 0, LogProbabilities, "must be 0 or more", nameof(LogProbabilities));
        foreach ((int token, float bias) in LogitBias ?? new Dictionary<int, float>())
        {
            Require(token >= 0 && token < vocabularySize, token, $"names a token outside the vocabulary of {vocabularySize}", nameof(LogitBias));
            Require(!float.IsNaN(bias) && !float.IsPositiveInfinity(bias), bias, "must be finite, or negative infinity to ban a token", nameof(LogitBias));
        }
    }

    private static void Require<T>(bool holds, T value, string rule, string option)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, value, $"{option} {rule}.");
    }
}

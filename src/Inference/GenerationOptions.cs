using Inference.Sampling;

namespace Inference;

/// <summary>How one request is to be generated. Every option is honoured or refused by name; none is ignored.</summary>
/// <remarks>Immutable; may be shared between requests and threads. The defaults are greedy, reproducible decoding.</remarks>
public sealed record GenerationOptions
{
    /// <summary>The most tokens to generate, at least 1. Null: as many as the context has room for.</summary>
    /// <remarks>A context that fills up first ends the request with <see cref="FinishReason.Length"/> too.</remarks>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Divides the logits before sampling, 0 or more. 0 (the default) is greedy: always the most likely token.</summary>
    public float Temperature { get; init; }

    /// <summary>Sample among the k most likely tokens only. 0 (the default): no limit.</summary>
    public int TopK { get; init; }

    /// <summary>Sample among the fewest most likely tokens whose probabilities reach this sum, above 0 up to 1 (the default: no limit).</summary>
    /// <remarks>Holtzman et al., The Curious Case of Neural Text Degeneration (2019).</remarks>
    public float TopP { get; init; } = 1;

    /// <summary>Sample among tokens at least this fraction as likely as the most likely one, 0 (the default: no limit) to 1.</summary>
    public float MinP { get; init; }

    /// <summary>Makes tokens of the prompt and the output less likely: positive logits are divided by it, negative ones multiplied. Above 0; 1 (the default) is off.</summary>
    /// <remarks>Keskar et al., CTRL (2019).</remarks>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from a token's logit once for each time it occurs in the output. 0 (the default) is off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted from a token's logit if it occurs in the output. 0 (the default) is off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Added to the logits of these token ids. Minus infinity forbids a token.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Seed of the request's random numbers. Null: drawn anew for each request and reported in the result.</summary>
    /// <remarks>The same prompt, options and seed give the same tokens, whatever else the engine is doing.</remarks>
    public ulong? Seed { get; init; }

    /// <summary>Texts that end the generation when they appear in the output. They are not part of the output; none may be empty.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>Report log-probabilities: of the chosen token and of this many most likely ones, 0 or more. Null (the default): none.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>Requests with a higher priority are scheduled first. 0 by default.</summary>
    public int Priority { get; init; }

    /// <summary>The most time the request may take, from its submission. When it has passed, the request ends with what it has (<see cref="FinishReason.Deadline"/>).</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Requests share cached prefixes only with requests of the same salt. Null is a salt of its own.</summary>
    public string? CacheSalt { get; init; }

    /// <summary>Whom the request is served for; the scheduler shares the engine fairly between tenants.</summary>
    public string? TenantId { get; init; }

    /// <summary>What to do with a conversation that is too long. Anything but refusing is for prompts of messages only.</summary>
    public ContextPolicy ContextPolicy { get; init; } = ContextPolicy.Refuse;

    /// <summary>Allow this request to share the computation of an equal one that is under way: one with the same tokens and options that allows it too.</summary>
    /// <remarks>
    /// Only where the result is determined: greedy, or with a <see cref="Seed"/>. A request with a <see cref="Deadline"/> is always computed by itself,
    /// since it ends at a time of its own. Each caller has its own stream and gets all of it, whenever it came; who leaves does not disturb the others.
    /// The computation pauses only when every caller's reader is behind, so that a stream may then hold more than <see cref="EngineOptions.StreamCapacity"/> tokens.
    /// </remarks>
    public bool Coalesce { get; init; }

    /// <summary>Go on after an end-of-text token, up to <see cref="MaxOutputTokens"/>. For benchmarks.</summary>
    public bool IgnoreEndOfText { get; init; }

    /// <summary>Shown the logits behind each token, on the engine's thread.</summary>
    internal LogitsObserver? LogitsObserver { get; init; }

    /// <summary>Tokens to take one after another instead of choosing; then the sampler goes on. For their probabilities.</summary>
    internal IReadOnlyList<int>? Forced { get; init; }

    /// <summary>Whether equal requests give equal results and may be computed as one.</summary>
    internal bool CanCoalesce => Coalesce && (Temperature == 0 || Seed is not null) && Deadline is null && LogitsObserver is null && Forced is null;

    internal SamplingParameters ToSampling(ulong seed) => new()
    {
        Temperature = Temperature,
        TopK = TopK,
        TopP = TopP,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
        LogitBias = LogitBias,
        Seed = seed,
        LogProbabilities = LogProbabilities,
        Forced = Forced,
    };

    /// <summary>What to throw where <see cref="ContextPolicy"/> has nothing to work on.</summary>
    internal ArgumentException NeedsMessages() => new("ContextPolicy can only shorten a prompt of messages.", nameof(ContextPolicy));

    /// <summary>Checks the options as far as that can be done without a model's vocabulary.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (MaxOutputTokens is < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxOutputTokens), MaxOutputTokens, "MaxOutputTokens must be at least 1.");
        if (Deadline is { } deadline && deadline <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(Deadline), deadline, "Deadline must be a positive time.");
        if (ContextPolicy is null)
            throw new ArgumentNullException(nameof(ContextPolicy));
        if (StopSequences is null || StopSequences.Any(string.IsNullOrEmpty))
            throw new ArgumentException("StopSequences must not be null or hold an empty text.", nameof(StopSequences));
        ToSampling(seed: 0).Validate(int.MaxValue);
    }
}

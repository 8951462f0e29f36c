using Inference.Execution;

namespace Inference.Models;

/// <summary>Base and scaling of a rotary embedding, as model files state them.</summary>
internal sealed record RopeSettings
{
    /// <summary>The base of the geometric series of frequencies.</summary>
    public required double Theta { get; init; }

    /// <summary>Elements of a head that are turned; the rest stays.</summary>
    public required int Dimensions { get; init; }

    public RopeScalingKind Scaling { get; init; }

    /// <summary>By how much the context is stretched.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Tokens of the context before stretching.</summary>
    public double OriginalContextLength { get; init; }

    /// <summary>Llama 3: wavelengths beyond original context / this are divided by the factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama 3: wavelengths below original context / this are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>YaRN: turns within the original context above which a frequency is kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: turns within the original context below which a frequency is divided by the factor.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: the magnitude of the turned vectors; null for the paper's 0.1 ln(factor) + 1. LongRoPE likewise: sqrt(1 + ln(factor) / ln(original context)).</summary>
    public double? Magnitude { get; init; }

    /// <summary>YaRN: whether the ends of the ramp are rounded outwards to whole dimensions, as in the paper's code.</summary>
    public bool RoundsRamp { get; init; } = true;

    /// <summary>Divisors of the single frequencies that the file brings along (rope_freqs), or null.</summary>
    public double[]? Divisors { get; init; }

    /// <summary>LongRoPE: divisors of the single frequencies for contexts up to the original one, or null.</summary>
    public double[]? ShortDivisors { get; init; }

    /// <summary>LongRoPE: divisors of the single frequencies for longer contexts, or null.</summary>
    public double[]? LongDivisors { get; init; }

    /// <summary>
    /// The same for an engine that allows contexts of so many tokens. LongRoPE has two sets of divisors; the choice is made once, by the longest
    /// context, since keys in the cache must not change as a conversation grows.
    /// </summary>
    public RopeSettings ForContext(int tokens) =>
        Scaling == RopeScalingKind.LongRope ? this with { Divisors = tokens > OriginalContextLength ? LongDivisors : ShortDivisors } : this;

    /// <summary>The first thing that gives no rotation, with the member it is about, or null.</summary>
    public (string Member, string Problem)? FindProblem(int headSize)
    {
        // A base of 1 or less has no slow frequencies, which all scalings are about.
        if (!(Theta > 1) || double.IsInfinity(Theta))
            return (nameof(Theta), $"a rope base of {Theta}");
        if (Dimensions < 2 || Dimensions > headSize || Dimensions % 2 != 0)
            return (nameof(Dimensions), $"{Dimensions} rope dimensions in heads of {headSize}");
        if (!(Factor > 0) || double.IsInfinity(Factor))
            return (nameof(Factor), $"a rope scaling factor of {Factor}");
        if (Scaling is RopeScalingKind.Llama3 or RopeScalingKind.Yarn or RopeScalingKind.LongRope && !(OriginalContextLength >= 1 && double.IsFinite(OriginalContextLength)))
            return (nameof(OriginalContextLength), $"an original context length of {OriginalContextLength}");
        if (Scaling == RopeScalingKind.Llama3 && !(HighFrequencyFactor > LowFrequencyFactor && LowFrequencyFactor > 0 && double.IsFinite(HighFrequencyFactor)))
            return (nameof(LowFrequencyFactor), $"rope frequency factors {LowFrequencyFactor} and {HighFrequencyFactor}");
        if (Scaling == RopeScalingKind.Yarn && !(BetaFast >= BetaSlow && BetaSlow > 0 && double.IsFinite(BetaFast)))
            return (nameof(BetaFast), $"rope betas {BetaFast} and {BetaSlow}");
        if (Divisors is not null && !ArePositive(Divisors))
            return (nameof(Divisors), $"{Divisors.Length} rope divisors for {Dimensions} dimensions, or one that is not positive,");
        if (Scaling == RopeScalingKind.LongRope && !(ArePositive(ShortDivisors) && ArePositive(LongDivisors)))
            return (nameof(LongDivisors), $"{ShortDivisors?.Length ?? 0} short and {LongDivisors?.Length ?? 0} long rope divisors for {Dimensions} dimensions, or one that is not positive,");
        if (Scaling == RopeScalingKind.LongRope && !(OriginalContextLength >= 2))
            return (nameof(OriginalContextLength), $"an original context length of {OriginalContextLength}");
        if (Magnitude is { } magnitude && !(magnitude > 0 && double.IsFinite(magnitude)))
            return (nameof(Magnitude), $"a rope magnitude of {magnitude}");
        return null;
    }

    /// <summary>The frequencies, scaling included.</summary>
    public Rope ToRope(RopeKind kind)
    {
        var frequencies = new double[Dimensions / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = Math.Pow(Theta, -2.0 * i / Dimensions);
            frequency = Scaling switch
            {
                RopeScalingKind.Linear => frequency / Factor,
                RopeScalingKind.Llama3 => Llama3(frequency),
                RopeScalingKind.Yarn => Yarn(frequency, i),
                _ => frequency,
            };
            frequencies[i] = Divisors is null ? frequency : frequency / Divisors[i];
        }

        double magnitude = Scaling switch
        {
            RopeScalingKind.Yarn => Magnitude ?? YarnMagnitude(Factor),
            RopeScalingKind.LongRope => Magnitude ?? (Factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(Factor) / Math.Log(OriginalContextLength))),
            _ => 1,
        };
        return new Rope(kind, frequencies, magnitude);
    }

    private bool ArePositive(double[]? divisors) =>
        divisors is not null && divisors.Length == Dimensions / 2 && divisors.All(d => d > 0 && double.IsFinite(d));

    /// <summary>The paper's correction of the attention's temperature, on sine and cosine.</summary>
    public static double YarnMagnitude(double factor, double scale = 1) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;

    private double Llama3(double frequency)
    {
        double turns = OriginalContextLength * frequency / (2 * Math.PI);
        if (turns < LowFrequencyFactor)
            return frequency / Factor;
        if (turns > HighFrequencyFactor)
            return frequency;
        double kept = (turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return frequency * (kept + (1 - kept) / Factor);
    }

    private double Yarn(double frequency, int pair)
    {
        double low = Dimension(BetaFast);
        double high = Dimension(BetaSlow);
        if (RoundsRamp)
        {
            low = Math.Floor(low);
            high = Math.Ceiling(high);
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, Dimensions - 1);
        double interpolated = Math.Clamp((pair - low) / Math.Max(high - low, 0.001), 0, 1);
        return frequency * (1 - interpolated + interpolated / Factor);
    }

    /// <summary>The pair, counted from 0 and not rounded, that makes this many turns within the original context.</summary>
    private double Dimension(double turns) => Dimensions * Math.Log(OriginalContextLength / (turns * 2 * Math.PI)) / (2 * Math.Log(Theta));
}

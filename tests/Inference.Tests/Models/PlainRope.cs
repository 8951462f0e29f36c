namespace Inference.Tests.Models;

/// <summary>A rotary embedding as papers state it: the formulas, one pair at a time.</summary>
/// <param name="Dimensions">Elements turned.</param>
/// <param name="Theta">The base.</param>
/// <param name="Kind">none, linear, llama3, yarn or longrope.</param>
/// <param name="Factor">By how much the context is stretched.</param>
/// <param name="Original">Tokens of the context before.</param>
public sealed record PlainRope(int Dimensions, double Theta = 10000, string Kind = "none", double Factor = 1, double Original = 64)
{
    public double LowFrequencyFactor { get; init; } = 1;

    public double HighFrequencyFactor { get; init; } = 4;

    public double BetaFast { get; init; } = 32;

    public double BetaSlow { get; init; } = 1;

    public bool Truncates { get; init; } = true;

    /// <summary>The factor on sine and cosine, where a file states one; null for the paper's.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>LongRoPE: divisors of the frequencies up to the original context.</summary>
    public double[] ShortFactors { get; init; } = [];

    /// <summary>LongRoPE: divisors of the frequencies beyond the original context.</summary>
    public double[] LongFactors { get; init; } = [];

    /// <summary>LongRoPE: whether the context is one beyond the original.</summary>
    public bool IsLong { get; init; }

    public double Magnitude => AttentionFactor ?? Kind switch
    {
        "yarn" when Factor > 1 => 0.1 * Math.Log(Factor) + 1,
        "longrope" when Factor > 1 => Math.Sqrt(1 + Math.Log(Factor) / Math.Log(Original)),
        _ => 1,
    };

    /// <summary>Turns the pairs of one head.</summary>
    /// <param name="head">Its elements.</param>
    /// <param name="position">Where its token is.</param>
    /// <param name="interleaved">Whether neighbours are pairs, rather than elements of two halves.</param>
    public void Rotate(Span<double> head, int position, bool interleaved)
    {
        int pairs = Dimensions / 2;
        for (int pair = 0; pair < pairs; pair++)
        {
            int a = interleaved ? 2 * pair : pair;
            int b = interleaved ? 2 * pair + 1 : pair + pairs;
            double angle = position * Frequency(pair);
            (double cos, double sin) = (Math.Cos(angle) * Magnitude, Math.Sin(angle) * Magnitude);
            (head[a], head[b]) = (head[a] * cos - head[b] * sin, head[a] * sin + head[b] * cos);
        }
    }

    /// <summary>Radians a position.</summary>
    public double Frequency(int pair)
    {
        double frequency = 1 / Math.Pow(Theta, 2.0 * pair / Dimensions);
        double wavelength = 2 * Math.PI / frequency;
        switch (Kind)
        {
            case "none":
                return frequency;
            case "linear":
                return frequency / Factor;
            case "llama3":
                // Meta's reference: short waves stay, long ones are stretched, those between are blended.
                if (wavelength < Original / HighFrequencyFactor)
                    return frequency;
                if (wavelength > Original / LowFrequencyFactor)
                    return frequency / Factor;
                double smooth = (Original / wavelength - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
                return (1 - smooth) * frequency / Factor + smooth * frequency;
            case "yarn":
                // The paper's ramp over dimensions, between those that turn BetaFast and BetaSlow times in the original context.
                double first = PairOfTurns(BetaFast);
                double last = PairOfTurns(BetaSlow);
                if (Truncates)
                    (first, last) = (Math.Floor(first), Math.Ceiling(last));
                (first, last) = (Math.Max(first, 0), Math.Min(last, Dimensions - 1));
                if (first == last)
                    last += 0.001;
                double stretched = Math.Min(1, Math.Max(0, (pair - first) / (last - first)));
                return frequency / Factor * stretched + frequency * (1 - stretched);
            case "longrope":
                return frequency / (IsLong ? LongFactors : ShortFactors)[pair];
            default:
                throw new ArgumentException(Kind);
        }
    }

    // Solves original x theta^(-2i/d) = 2 pi turns for i.
    private double PairOfTurns(double turns) => Dimensions / 2.0 * Math.Log(Original / (2 * Math.PI * turns), Theta);
}

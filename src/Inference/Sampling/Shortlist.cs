namespace Inference.Sampling;

/// <summary>The greatest logits of a row, greatest first: what a device that selects brings to the host in place of the row.</summary>
/// <remarks>
/// A token drawn from it is the one that is drawn from the row, or none is: few candidates are always drawn from in this order and with these
/// weights, and a cut or a draw that the shortlist does not prove is left to the row.
/// </remarks>
/// <param name="logits">The logits, finite, in descending order; at least one.</param>
/// <param name="tokens">Their tokens, ascending among equal logits.</param>
/// <param name="isAll">Whether the row has no other finite logit.</param>
/// <param name="sum">The sum of exp((logit - greatest) / temperature) over the row, to within <see cref="Tolerance"/> of itself.</param>
internal readonly ref struct Shortlist(ReadOnlySpan<float> logits, ReadOnlySpan<int> tokens, bool isAll, float sum)
{
    /// <summary>The most tokens; from as many or fewer the sampler draws greatest first.</summary>
    public const int Longest = 256;

    /// <summary>By which a device's sum and the sampler's over the same row may differ. What lies within is the row's to decide.</summary>
    /// <remarks>
    /// Above the worst case of both together, 2.4e-5: 128 additions in a lane of the sampler's, 80 in a device's, exponentials of arguments that
    /// are rounded twice and, weighted, average the logarithm of the vocabulary's size at most. As a rule they differ by less than 1e-6.
    /// </remarks>
    public const double Tolerance = 1.0 / (1 << 15);

    private readonly ReadOnlySpan<float> _logits = logits;
    private readonly ReadOnlySpan<int> _tokens = tokens;

    /// <summary>The greatest logit.</summary>
    public float Greatest => _logits[0];

    // Where the sampler's own differences overflow, its weights over a row are not those of single logits.
    private bool IsWeighed => float.IsFinite(_logits[^1] - Greatest);

    /// <summary>Draws one of all tokens of the row.</summary>
    /// <param name="softmax">Of the row.</param>
    /// <param name="random">In [0, 1).</param>
    /// <returns>The token; -1 where only the row can tell.</returns>
    public int Draw(Softmax softmax, double random)
    {
        double point = random * sum;
        double reached = 0;
        for (int i = 0; i < _logits.Length && IsWeighed; i++)
        {
            double next = reached + (float)softmax.Weight(_logits[i]);
            if (point * (1 + Tolerance) < next)
                return point * (1 - Tolerance) >= reached ? _tokens[i] : -1;
            reached = next;
        }

        return -1;
    }

    /// <summary>The tokens that the filters leave of the row, greatest first, with their weights in the scratch; none where only the row can tell.</summary>
    /// <param name="parameters">Filters, at least one.</param>
    /// <param name="softmax">Of the row.</param>
    /// <param name="vocabularySize">Length of the row.</param>
    /// <param name="scratch">The calling thread's.</param>
    public Span<ulong> Filter(SamplingParameters parameters, Softmax softmax, int vocabularySize, SamplerScratch scratch)
    {
        bool takesTopK = Sampler.TakesTopK(parameters, vocabularySize);
        int count = takesTopK ? Math.Min(parameters.TopK, _logits.Length) : _logits.Length;
        if (takesTopK && count < parameters.TopK && !isAll)
            return [];

        if (!takesTopK && !IsWeighed)
            return [];

        Span<ulong> keys = scratch.Candidates(count)[..count];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = Candidates.Key(_logits[i], _tokens[i]);
        Span<float> weights = scratch.Weights(vocabularySize);
        return takesTopK ? FilterGreatest(parameters, keys, softmax, weights) : FilterNucleus(parameters, keys, softmax, weights);
    }

    /// <summary>Top-p and min-p over what top-k left.</summary>
    /// <param name="parameters">Top-p and min-p.</param>
    /// <param name="greatest">What top-k left, greatest first.</param>
    /// <param name="softmax">Of the row.</param>
    /// <param name="weights">Receives their weights, by token.</param>
    public static Span<ulong> FilterGreatest(SamplingParameters parameters, Span<ulong> greatest, Softmax softmax, Span<float> weights)
    {
        softmax.Weigh(greatest, weights);
        if (parameters.TopP < 1)
            greatest = greatest[..Math.Min(greatest.Length, Reaching(greatest, parameters.TopP * Candidates.Sum(greatest, weights), weights))];
        return greatest[..AtLeast(greatest, parameters.MinP, softmax)];
    }

    // The nucleus has from least to most tokens; if min-p cuts both to the same number, or they are the same, there is no doubt.
    private Span<ulong> FilterNucleus(SamplingParameters parameters, Span<ulong> keys, Softmax softmax, Span<float> weights)
    {
        softmax.Weigh(keys, weights);
        int beyond = isAll ? keys.Length : int.MaxValue;
        int likely = AtLeast(keys, parameters.MinP, softmax);
        if (likely == keys.Length)
            likely = beyond;
        int least = likely;
        int most = likely;
        if (parameters.TopP < 1)
        {
            double wanted = (double)parameters.TopP * sum;
            least = Math.Min(least, Math.Min(beyond, Reaching(keys, wanted * (1 - Tolerance), weights)));
            most = Math.Min(most, Math.Min(beyond, Reaching(keys, wanted * (1 + Tolerance), weights)));
        }

        return least == most && least <= keys.Length ? keys[..least] : [];
    }

    /// <summary>How many of the greatest reach a sum of weights; as many as can be where they do not.</summary>
    private static int Reaching(ReadOnlySpan<ulong> keys, double sum, ReadOnlySpan<float> weights)
    {
        double reached = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            reached += weights[Candidates.Token(keys[i])];
            if (reached >= sum)
                return i + 1;
        }

        return int.MaxValue;
    }

    /// <summary>How many have a weight of at least that.</summary>
    private static int AtLeast(ReadOnlySpan<ulong> keys, double weight, Softmax softmax)
    {
        int count = keys.Length;
        while (count > 0 && weight > 0 && softmax.Weight(Candidates.Logit(keys[count - 1])) < weight)
            count--;
        return count;
    }
}

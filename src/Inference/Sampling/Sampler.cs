using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Sampling;

/// <summary>Chooses the tokens of one request.</summary>
/// <remarks>
/// <para>The steps, in order: bias; repetition penalty; frequency and presence penalties; log-probabilities are taken here, so that they
/// show what the model says about the tokens it may choose, whatever the temperature and filters; temperature; top-k; top-p over what top-k left;
/// min-p; draw. Where the temperature is 0, the greatest logit is taken instead, the lowest token among equal ones.</para>
/// <para>From at most <see cref="Shortlist.Longest"/> tokens that the filters leave, one is drawn greatest first; without filters as many
/// come first. So a row and a <see cref="Shortlist"/> of it give the same token.</para>
/// <para>The choice depends on the parameters, the logits, the tokens before and the position, and on nothing else.</para>
/// <para>Not thread-safe. Nothing is allocated for a token, except the log-probabilities asked for and the growth of the history of distinct tokens.</para>
/// </remarks>
internal sealed class Sampler
{
    private readonly SamplingParameters _parameters;
    private readonly int _vocabularySize;
    private readonly KeyValuePair<int, float>[] _bias;
    private readonly TokenHistory? _history;
    private readonly CounterRandom _random;
    private readonly int _start;

    /// <summary>Creates the sampler of a request.</summary>
    /// <param name="parameters">How to choose.</param>
    /// <param name="vocabularySize">Length of the logits.</param>
    /// <param name="prompt">The request's prompt, which counts for the repetition penalty.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Sampler(SamplingParameters parameters, int vocabularySize, ReadOnlySpan<int> prompt)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        parameters.Validate(vocabularySize);
        _parameters = parameters;
        _vocabularySize = vocabularySize;
        _bias = parameters.LogitBias?.ToArray() ?? [];
        _history = parameters.HasPenalties ? new TokenHistory(parameters, vocabularySize, prompt) : null;
        _random = new CounterRandom(parameters.Seed);
        _start = prompt.Length;
    }

    /// <summary>Whether the token with the greatest logit, the lowest among equal ones, is all there is to choose: a device can do that.</summary>
    public bool TakesArgMax => _parameters is { Temperature: 0, LogProbabilities: null, Forced: null } && _bias.Length == 0 && _history is null;

    /// <summary>How many of a row's greatest logits the choice may do with: the parameters alone say so.</summary>
    /// <param name="most">The most that a device selects.</param>
    /// <returns>0 where the choice needs the row.</returns>
    public int ShortlistLength(int most)
    {
        most = Math.Min(most, Shortlist.Longest);
        // Weights at the greatest temperatures have few bits on some devices.
        if (_parameters is not { Temperature: > 0 and < 1e30f, LogProbabilities: null, Forced: null } || _bias.Length > 0 || _history is not null)
            return 0;
        if (TakesTopK(_parameters, _vocabularySize))
            return _parameters.TopK <= most ? _parameters.TopK : 0;
        return most;
    }

    /// <summary>The temperature that a shortlist's sum is to be at.</summary>
    public float Temperature => _parameters.Temperature;

    /// <summary>Chooses the token that <see cref="Sample"/> would choose of the row, where the row's greatest logits suffice.</summary>
    /// <param name="list">As many as <see cref="ShortlistLength"/> asks for, or more, or all.</param>
    /// <param name="position">As for a row.</param>
    /// <param name="scratch">The calling thread's scratch.</param>
    /// <param name="token">The token.</param>
    /// <returns>Whether they suffice; where not, there is no token.</returns>
    public bool TrySample(in Shortlist list, int position, SamplerScratch scratch, out SampledToken token)
    {
        Softmax softmax = new(list.Greatest, _parameters.Temperature);
        double random = _random.NextDouble((ulong)position);
        if (!Filters(_parameters, _vocabularySize))
        {
            int drawn = list.Draw(softmax, random);
            token = new SampledToken(drawn);
            return drawn >= 0;
        }

        Span<ulong> kept = list.Filter(_parameters, softmax, _vocabularySize, scratch);
        token = kept.IsEmpty ? default : new SampledToken(Candidates.Draw(kept, scratch.Weights(_vocabularySize), random));
        return !kept.IsEmpty;
    }

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">One for each token of the vocabulary; unchanged. Negative infinity rules a token out.</param>
    /// <param name="position">Position in the sequence of the token to choose; draws at a position are always alike.</param>
    /// <param name="scratch">The calling thread's scratch.</param>
    /// <exception cref="InvalidLogitsException">The logits hold a NaN or positive infinity, or none of them is finite.</exception>
    public SampledToken Sample(ReadOnlySpan<float> logits, int position, SamplerScratch scratch)
    {
        if (logits.Length != _vocabularySize)
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {_vocabularySize}.", nameof(logits));

        logits = Adjust(logits, scratch);
        float greatest = TensorPrimitives.Max(logits);
        if (!float.IsFinite(greatest))
            throw new InvalidLogitsException(position);

        int token = _parameters.Forced is { } forced && position - _start < forced.Count ? forced[position - _start]
            : _parameters.Temperature == 0
            ? FirstIndexOf(greatest, logits)
            : Draw(logits, new Softmax(greatest, _parameters.Temperature), _random.NextDouble((ulong)position), scratch);
        return _parameters.LogProbabilities is { } count
            ? WithLogProbabilities(token, logits, greatest, count, scratch)
            : new SampledToken(token);
    }

    /// <summary>Notes that a token became part of the output.</summary>
    public void Accept(int token) => _history?.Add(token);

    /// <summary>The tokens that the filters leave; at most <see cref="Shortlist.Longest"/> greatest first, more in any order. Their weights are in the scratch.</summary>
    internal static Span<ulong> Filter(SamplingParameters parameters, ReadOnlySpan<float> logits, Softmax softmax, SamplerScratch scratch)
    {
        Span<ulong> kept;
        Span<float> weights = scratch.Weights(logits.Length);
        if (TakesTopK(parameters, logits.Length))
        {
            kept = Candidates.Greatest(logits, parameters.TopK, scratch);
            if (parameters.TopK <= Shortlist.Longest)
            {
                Candidates.SortDescending(kept);
                return Shortlist.FilterGreatest(parameters, kept, softmax, weights);
            }

            softmax.Weigh(kept, weights);
            if (parameters.TopP < 1)
                kept = Candidates.Reaching(kept, parameters.TopP * Candidates.Sum(kept, weights), weights);
        }
        else if (parameters.TopP < 1)
        {
            kept = Nucleus(logits, parameters.TopP, softmax, weights, scratch);
        }
        else
        {
            kept = Candidates.AtLeast(logits, softmax.LogitOf(parameters.MinP), scratch);
            softmax.Weigh(kept, weights);
        }

        if (parameters.MinP > 0)
            kept = AtLeast(kept, parameters.MinP, softmax);
        if (kept.Length <= Shortlist.Longest)
        {
            Candidates.SortDescending(kept);
            softmax.Weigh(kept, weights);
        }

        return kept;
    }

    private static bool Filters(SamplingParameters parameters, int vocabularySize) => TakesTopK(parameters, vocabularySize) || parameters.TopP < 1 || parameters.MinP > 0;

    /// <summary>Whether top-k leaves anything out.</summary>
    internal static bool TakesTopK(SamplingParameters parameters, int vocabularySize) => parameters.TopK > 0 && parameters.TopK < vocabularySize;

    // All tokens above some weight: if they reach the sum, they hold the nucleus. Few do in most cases, so start with few.
    // The bound at which to stop: the tokens from the last one kept on share more than 1 - p, and there are no more of them than the
    // vocabulary has, so the last one kept has at least that share.
    private static Span<ulong> Nucleus(ReadOnlySpan<float> logits, double p, Softmax softmax, Span<float> weights, SamplerScratch scratch)
    {
        const double FirstShare = 1.0 / 64;
        double sum = softmax.Weigh(logits, weights);
        double bound = 0.999 * (1 - p) / logits.Length;
        for (double share = (1 - p) * FirstShare; share > bound; share /= 16)
        {
            Span<ulong> some = Candidates.AtLeast(logits, softmax.LogitOf(Math.Min(share * sum, 1)), scratch);
            if (Candidates.Sum(some, weights) >= p * sum)
                return Candidates.Reaching(some, p * sum, weights);
        }

        return Candidates.Reaching(Candidates.AtLeast(logits, softmax.LogitOf(bound * sum), scratch), p * sum, weights);
    }

    private static Span<ulong> AtLeast(Span<ulong> candidates, double weight, Softmax softmax)
    {
        int count = 0;
        foreach (ulong key in candidates)
        {
            if (softmax.Weight(Candidates.Logit(key)) >= weight)
                candidates[count++] = key;
        }

        return candidates[..count];
    }

    private static int FirstIndexOf(float value, ReadOnlySpan<float> logits)
    {
        ref float first = ref MemoryMarshal.GetReference(logits);
        Vector256<float> wanted = Vector256.Create(value);
        int i = 0;
        while (i + Vector256<float>.Count <= logits.Length && !Vector256.EqualsAny(Vector256.LoadUnsafe(ref first, (nuint)i), wanted))
            i += Vector256<float>.Count;
        while (logits[i] != value)
            i++;
        return i;
    }

    private static SampledToken WithLogProbabilities(int token, ReadOnlySpan<float> logits, float greatest, int count, SamplerScratch scratch)
    {
        double total = greatest + Math.Log(new Softmax(greatest, 1).Sum(logits));
        Span<ulong> best = count == 0 ? [] : Candidates.Greatest(logits, count, scratch);
        Candidates.SortDescending(best);
        TokenLogProbability[] top = new TokenLogProbability[best.Length];
        for (int i = 0; i < top.Length; i++)
            top[i] = new TokenLogProbability(Candidates.Token(best[i]), (float)(Candidates.Logit(best[i]) - total));
        return new SampledToken(token, (float)(logits[token] - total), top);
    }

    private int Draw(ReadOnlySpan<float> logits, Softmax softmax, double random, SamplerScratch scratch) => Filters(_parameters, logits.Length)
        ? Candidates.Draw(Filter(_parameters, logits, softmax, scratch), scratch.Weights(logits.Length), random)
        : DrawAny(logits, softmax, random, scratch);

    // The greatest come first: they are what is drawn most often, and what a shortlist has. The others follow in the order of tokens.
    private static int DrawAny(ReadOnlySpan<float> logits, Softmax softmax, double random, SamplerScratch scratch)
    {
        Span<ulong> greatest = Candidates.Greatest(logits, Shortlist.Longest, scratch);
        Candidates.SortDescending(greatest);
        double left = random * softmax.Sum(logits);
        foreach (ulong key in greatest)
        {
            left -= (float)softmax.Weight(Candidates.Logit(key));
            if (left < 0)
                return Candidates.Token(key);
        }

        Span<float> weights = scratch.Weights(logits.Length);
        softmax.Weigh(logits, weights);
        foreach (ulong key in greatest)
            weights[Candidates.Token(key)] = 0;
        // Only rounding comes here without others.
        return weights.ContainsAnyExcept(0) ? Softmax.Find(weights, left, scratch) : Candidates.Token(greatest[0]);
    }

    private ReadOnlySpan<float> Adjust(ReadOnlySpan<float> logits, SamplerScratch scratch)
    {
        if (_bias.Length == 0 && _history is null)
            return logits;

        Span<float> adjusted = scratch.Logits(logits.Length);
        logits.CopyTo(adjusted);
        foreach ((int token, float bias) in _bias)
            adjusted[token] += bias;
        _history?.Penalize(adjusted);
        return adjusted;
    }
}

namespace Inference.Sampling;

/// <summary>Memory that samplers work in; one for each thread that samples, shared by all samplers it calls.</summary>
/// <remarks>Grows to what the largest call needs and then allocates nothing more. Not thread-safe.</remarks>
internal sealed class SamplerScratch
{
    private float[] _logits = [];
    private float[] _weights = [];
    private ulong[] _candidates = [];
    private double[] _sums = [];

    /// <summary>Room for a copy of the logits, of at least that length.</summary>
    public Span<float> Logits(int length)
    {
        if (_logits.Length < length)
            _logits = new float[length];
        return _logits.AsSpan(0, length);
    }

    /// <summary>Room for the weights of all tokens. What was written last is still there.</summary>
    public Span<float> Weights(int length)
    {
        if (_weights.Length < length)
            _weights = new float[length];
        return _weights.AsSpan(0, length);
    }

    /// <summary>Room for sums over parts of the vocabulary.</summary>
    public Span<double> Sums(int length)
    {
        if (_sums.Length < length)
            _sums = new double[length];
        return _sums.AsSpan(0, length);
    }

    /// <summary>Room for candidates, of at least that length; what the first <paramref name="keep"/> hold is kept.</summary>
    public Span<ulong> Candidates(int length, int keep = 0)
    {
        if (_candidates.Length < length)
        {
            ulong[] larger = new ulong[Math.Max(length, 2 * _candidates.Length)];
            _candidates.AsSpan(0, keep).CopyTo(larger);
            _candidates = larger;
        }

        return _candidates;
    }
}

namespace Inference;

/// <summary>What requests must have in common to be computed as one: tokens and all options.</summary>
internal sealed class CoalescingKey : IEquatable<CoalescingKey>
{
    private readonly int[] _tokens;
    private readonly GenerationOptions _scalars;
    private readonly string[] _stops;
    private readonly KeyValuePair<int, float>[] _bias;
    private readonly int _hash;

    public CoalescingKey(int[] tokens, GenerationOptions options)
    {
        _tokens = tokens;
        // Collections compare by reference: they are compared apart.
        _scalars = options with { StopSequences = [], LogitBias = null };
        _stops = [.. options.StopSequences];
        _bias = options.LogitBias is { } bias ? [.. bias.OrderBy(entry => entry.Key)] : [];
        var hash = new HashCode();
        foreach (int token in tokens)
            hash.Add(token);
        hash.Add(options.MaxOutputTokens);
        hash.Add(options.Seed);
        _hash = hash.ToHashCode();
    }

    public bool Equals(CoalescingKey? other) =>
        other is not null && _hash == other._hash && _tokens.AsSpan().SequenceEqual(other._tokens) && _scalars == other._scalars
        && _stops.AsSpan().SequenceEqual(other._stops) && _bias.AsSpan().SequenceEqual(other._bias);

    public override bool Equals(object? obj) => Equals(obj as CoalescingKey);

    public override int GetHashCode() => _hash;
}

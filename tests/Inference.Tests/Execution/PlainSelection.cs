namespace Inference.Tests.Execution;

/// <summary>What a device must select of a row, in the plainest way: everything sorted, sums in double.</summary>
/// <param name="Count">Elements found; -1 for a row that holds what is no logit.</param>
/// <param name="Sum">The sum of exp((element - largest) / temperature).</param>
/// <param name="Values">The elements found.</param>
/// <param name="Tokens">Their indices.</param>
internal sealed record PlainSelection(int Count, double Sum, float[] Values, int[] Tokens)
{
    public static PlainSelection Of(ReadOnlySpan<float> row, int count, float temperature)
    {
        float[] values = row.ToArray();
        int[] finite = [.. Enumerable.Range(0, values.Length).Where(i => float.IsFinite(values[i]))];
        if (finite.Length == 0 || values.Any(value => float.IsNaN(value) || float.IsPositiveInfinity(value)))
            return new(-1, 0, [], []);
        int[] found = [.. finite.OrderByDescending(i => values[i]).ThenBy(i => i).Take(count)];
        double sum = finite.Sum(i => Math.Exp(((double)values[i] - values[found[0]]) / temperature));
        return new(found.Length, sum, [.. found.Select(i => values[i])], found);
    }

    /// <summary>Writes it where a device would.</summary>
    public void CopyTo(int row, int count, Span<int> counts, Span<float> sums, Span<float> values, Span<int> tokens)
    {
        (counts[row], sums[row]) = (Count, (float)Sum);
        Values.CopyTo(values[(row * count)..]);
        Tokens.CopyTo(tokens[(row * count)..]);
    }
}

namespace Inference.Extensions.AI.Configuration;

/// <summary>Names of options are equal in any case, and with or without underscores: <c>MinP</c>, <c>min_p</c>.</summary>
internal sealed class OptionNames : IEqualityComparer<string>
{
    /// <summary>The comparer.</summary>
    public static OptionNames Comparer { get; } = new();

    public bool Equals(string? x, string? y) => string.Equals(Plain(x), Plain(y), StringComparison.OrdinalIgnoreCase);

    public int GetHashCode(string obj) => StringComparer.OrdinalIgnoreCase.GetHashCode(Plain(obj)!);

    private static string? Plain(string? name) => name?.Replace("_", "", StringComparison.Ordinal);
}

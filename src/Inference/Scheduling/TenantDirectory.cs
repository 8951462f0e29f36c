using System.Collections.Frozen;

namespace Inference.Scheduling;

/// <summary>The options of every tenant, those that nobody configured included.</summary>
/// <remarks>A copy: what the caller does to its own dictionary later changes nothing. Safe from any thread.</remarks>
internal sealed class TenantDirectory
{
    private readonly FrozenDictionary<string, TenantOptions> _named;
    private readonly TenantOptions _others;

    /// <exception cref="ArgumentException">An entry is null or out of its range.</exception>
    public TenantDirectory(IReadOnlyDictionary<string, TenantOptions> named, TenantOptions others)
    {
        ArgumentNullException.ThrowIfNull(named);
        ArgumentNullException.ThrowIfNull(others);
        others.Validate();
        foreach ((string tenant, TenantOptions options) in named)
        {
            if (options is null)
                throw new ArgumentException($"The options of tenant \"{tenant}\" are null.", nameof(named));
            options.Validate();
        }

        _named = named.ToFrozenDictionary(StringComparer.Ordinal);
        _others = others;
    }

    public static TenantDirectory AllEqual { get; } = new(FrozenDictionary<string, TenantOptions>.Empty, new TenantOptions());

    /// <summary>Nobody and the empty string are one tenant.</summary>
    public static string NameOf(string? tenant) => tenant ?? "";

    public TenantOptions this[string name] => _named.GetValueOrDefault(name, _others);
}

namespace Inference.Tests.Hub;

/// <summary>A request as a server saw it.</summary>
internal sealed record FakeRequest(string Path, string Query, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.TryGetValue(name.ToUpperInvariant(), out string? value) ? value : null;

    /// <summary>Where the range begins that is asked for; 0 where none is.</summary>
    public int RangeStart => Header("Range") is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;

    public bool IsFor(string end) => Path.EndsWith(end, StringComparison.Ordinal);
}

namespace Inference.Tests.Hub;

/// <summary>What a server answers, and at which byte it stops doing so.</summary>
internal sealed record FakeResponse(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Bytes of the body that are sent before the connection breaks; -1 breaks it before the head.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Bytes of the body that are sent before nothing more comes, though the connection stays.</summary>
    public int? HangAfter { get; init; }

    /// <summary>What the head says of the length; null is the truth.</summary>
    public long? ClaimedLength { get; init; }

    /// <summary>Whether the head says no length at all, and the end of the connection is the body's.</summary>
    public bool WithoutLength { get; init; }

    public FakeResponse With(string name, string value) => this with { Headers = new Dictionary<string, string>(Headers) { [name] = value } };
}

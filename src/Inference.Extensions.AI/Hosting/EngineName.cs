namespace Inference.Extensions.AI.Hosting;

/// <summary>Under which name an engine's services and options are registered; its type keeps them apart from the host's own keys.</summary>
/// <param name="Key">The service key; null for the engine without one.</param>
internal sealed record EngineName(string? Key)
{
    /// <summary>The name of its options.</summary>
    public string Options => Key ?? Microsoft.Extensions.Options.Options.DefaultName;

    public override string ToString() => Key is null ? "The engine" : $"The engine \"{Key}\"";
}

namespace Inference.Tests.Models;

/// <summary>A model that the engine must compute as the papers do.</summary>
/// <param name="Name">What is special about it.</param>
/// <param name="Shape">The model.</param>
public sealed record OracleCase(string Name, PlainShape Shape)
{
    /// <summary>Whether GGUF files can say all that this model is.</summary>
    public bool HasGguf { get; init; } = true;

    /// <summary>Whether Hugging Face checkpoints can.</summary>
    public bool HasCheckpoint { get; init; } = true;

    /// <summary>The context that the engine is told to allow; null for the model's own.</summary>
    public int? ContextLength { get; init; }

    /// <summary>What llama.cpp is known to compute otherwise.</summary>
    public string PeerRemark { get; init; } = "";

    public override string ToString() => Name;
}

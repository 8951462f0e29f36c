namespace Inference.Extensions.AI;

/// <summary>How an engine presents itself as a chat client.</summary>
/// <remarks>Immutable; may be shared by any number of clients.</remarks>
public sealed record ChatClientSettings
{
    /// <summary>The name that responses carry and that <see cref="Microsoft.Extensions.AI.ChatOptions.ModelId"/> may ask for. Null: <see cref="ModelInfo.Name"/>.</summary>
    public string? ModelId { get; init; }

    /// <summary>What holds where a request's <see cref="Microsoft.Extensions.AI.ChatOptions"/> say nothing. By default greedy decoding without a limit but the context's.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>What the chat template is told where a request says nothing; its <see cref="ChatTemplateOptions.Tools"/> are the request's alone.</summary>
    public ChatTemplateOptions Template { get; init; } = new();

    /// <summary>Whether disposing the client disposes the engine. By default it does not: others may use the engine too.</summary>
    public bool OwnsEngine { get; init; }
}

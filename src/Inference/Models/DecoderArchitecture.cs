using Inference.Execution;

namespace Inference.Models;

/// <summary>What sets one family of decoders apart from another: data, not code.</summary>
/// <param name="Name">The name in GGUF files (general.architecture).</param>
/// <param name="GgufRope">How GGUF files of this family order the rows of query and key weights. Hugging Face files are always in halves.</param>
/// <param name="NormalizesHeads">Whether each query and key head is normalised before the rotary embedding (QK-norm).</param>
/// <param name="BiasesQueryKeyValue">Whether the projections to queries, keys and values must have biases. Any linear layer may have one.</param>
/// <param name="Activation">The non-linearity of the feed-forward layers.</param>
internal sealed record DecoderArchitecture(string Name, RopeKind GgufRope, bool NormalizesHeads, bool BiasesQueryKeyValue, Activation Activation)
{
    /// <summary>The names that Hugging Face configurations (model_type) use for it.</summary>
    public required string[] HuggingFaceTypes { get; init; }

    /// <summary>Every family that is known.</summary>
    public static IReadOnlyList<DecoderArchitecture> All { get; } = [LlamaArchitecture.Value, Qwen2Architecture.Value, Qwen3Architecture.Value];

    /// <summary>The families' names, for error messages.</summary>
    public static string KnownNames => string.Join(", ", All.Select(a => a.Name));
}

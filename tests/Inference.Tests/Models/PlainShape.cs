namespace Inference.Tests.Models;

/// <summary>What a model card says, in plain numbers.</summary>
/// <param name="Family">llama, qwen2 or qwen3.</param>
/// <param name="Width">Of the residual stream.</param>
/// <param name="Layers">Of the decoder.</param>
/// <param name="Heads">Of queries.</param>
/// <param name="KvHeads">Of keys and values.</param>
/// <param name="HeadSize">Elements a head.</param>
/// <param name="FeedForward">Width between.</param>
/// <param name="Rope">The rotary embedding.</param>
public sealed record PlainShape(string Family, int Width, int Layers, int Heads, int KvHeads, int HeadSize, int FeedForward, PlainRope Rope)
{
    public int Vocabulary { get; init; } = 517;

    public double Epsilon { get; init; } = 1e-5;

    public bool IsTied { get; init; }

    /// <summary>Llama with attention_bias and mlp_bias; Qwen 2 has those of queries, keys and values anyway.</summary>
    public bool HasAllBiases { get; init; }

    public int Context { get; init; } = 256;

    public bool NormalizesHeads => Family == "qwen3";

    public bool HasBias(string projection) => HasAllBiases || (Family == "qwen2" && projection is "q_proj" or "k_proj" or "v_proj");
}

namespace Inference;

/// <summary>What an engine has loaded.</summary>
/// <param name="Name">The file's own name for the model, or the file's name.</param>
/// <param name="Architecture">The family: "llama", "qwen3", ...</param>
/// <param name="VocabularySize">Token ids are 0 to this - 1; logits have this many elements.</param>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Width">Elements of the residual stream.</param>
/// <param name="TrainedContextLength">The context length that the file states, in tokens.</param>
/// <param name="WeightBytes">Bytes of all stored tensors.</param>
public sealed record ModelInfo(string Name, string Architecture, int VocabularySize, int Layers, int Width, int TrainedContextLength, long WeightBytes);

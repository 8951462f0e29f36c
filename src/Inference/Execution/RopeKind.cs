namespace Inference.Execution;

/// <summary>Which elements of a head a rotary embedding turns together.</summary>
public enum RopeKind
{
    /// <summary>Neighbours: (0, 1), (2, 3), ... GGUF files of the Llama family store weights for this one.</summary>
    Interleaved,

    /// <summary>Halves: (0, n/2), (1, n/2 + 1), ... as in GPT-NeoX and all Hugging Face checkpoints.</summary>
    Halves,
}

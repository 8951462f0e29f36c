namespace Inference;

/// <summary>When weights are brought from the model's file into the layout that the device computes with.</summary>
public enum WeightPacking
{
    /// <summary>All while the engine loads, on all threads: loading takes longer, every request is as fast as the next.</summary>
    AtLoad,

    /// <summary>
    /// Each weight when a step needs it: the engine is there at once. On the CPU the first step reads weights as the file has them, which
    /// takes no memory and gives the soonest first token, and the second packs them; a first step of more than 256 rows packs at once.
    /// The results are the same. The model's file must stay as it is until then; a weight that cannot be packed fails the requests of that
    /// step with a <see cref="GenerationFailedException"/>. For hosts that load more than they may come to use.
    /// </summary>
    Lazy,
}

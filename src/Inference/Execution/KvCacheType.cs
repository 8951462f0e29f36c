namespace Inference.Execution;

/// <summary>How keys and values are stored in the cache.</summary>
public enum KvCacheType
{
    /// <summary>32-bit floats: what models with 32-bit weights get unless told otherwise.</summary>
    F32,

    /// <summary>16-bit floats: what all other models get unless told otherwise.</summary>
    F16,

    /// <summary>8-bit integers with one 16-bit scale per 32 elements: half the memory of <see cref="F16"/>, slightly less exact.</summary>
    Q8_0,
}

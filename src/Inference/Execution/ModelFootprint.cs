using Inference.Formats;

namespace Inference.Execution;

/// <summary>What a model will ask of a device's memory, told before anything is uploaded.</summary>
/// <param name="Layers">The stored weights of each decoder layer.</param>
/// <param name="Input">Those before the layers: embedding tables.</param>
/// <param name="Output">Those behind them: the last norm and the head, which may be a table of the input.</param>
/// <param name="CacheBytesPerLayer">Bytes that keys and values must have in a layer: those that were asked for, or else those of the longest request.</param>
/// <param name="ActivationBytes">Bytes of activations.</param>
/// <param name="Cache">What the cache will be like, but for its number of blocks; null where nobody knows.</param>
public sealed record ModelFootprint(
    IReadOnlyList<IReadOnlyList<StoredTensor>> Layers, IReadOnlyList<StoredTensor> Input, IReadOnlyList<StoredTensor> Output, long CacheBytesPerLayer, long ActivationBytes,
    KvCacheShape? Cache = null);

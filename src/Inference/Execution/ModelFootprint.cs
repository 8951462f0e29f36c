using Inference.Formats;

namespace Inference.Execution;

/// <summary>What a model will ask of a device's memory, told before anything is uploaded.</summary>
/// <param name="Layers">The stored weights of each decoder layer.</param>
/// <param name="Input">Those before the layers: embedding tables.</param>
/// <param name="Output">Those behind them: the last norm and the head, which may be a table of the input.</param>
/// <param name="CacheBytesPerLayer">Bytes that the keys and values of the longest request take in a layer.</param>
/// <param name="ActivationBytes">Bytes of activations.</param>
public sealed record ModelFootprint(
    IReadOnlyList<IReadOnlyList<StoredTensor>> Layers, IReadOnlyList<StoredTensor> Input, IReadOnlyList<StoredTensor> Output, long CacheBytesPerLayer, long ActivationBytes);

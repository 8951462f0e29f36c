using Inference.Execution;

namespace Inference.Models;

/// <summary>The weights of one decoder layer, with where each linear result goes.</summary>
/// <param name="AttentionNorm">Gain before attention.</param>
/// <param name="QueryNorm">Gain of each query head, or null.</param>
/// <param name="KeyNorm">Gain of each key head, or null.</param>
/// <param name="QueryKeyValue">The three projections of the normalised stream.</param>
/// <param name="AttentionOutput">Back to the stream's width.</param>
/// <param name="FeedForwardNorm">Gain before the feed-forward layers.</param>
/// <param name="GateUp">The two projections that are gated.</param>
/// <param name="Down">Back to the stream's width.</param>
internal sealed record DecoderLayer(
    DeviceWeight AttentionNorm,
    DeviceWeight? QueryNorm,
    DeviceWeight? KeyNorm,
    LinearTarget[] QueryKeyValue,
    LinearTarget[] AttentionOutput,
    DeviceWeight FeedForwardNorm,
    LinearTarget[] GateUp,
    LinearTarget[] Down);

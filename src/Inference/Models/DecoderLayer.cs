using Inference.Execution;

namespace Inference.Models;

/// <summary>The weights of one decoder layer, with where each linear result goes.</summary>
/// <param name="AttentionNorm">Before attention.</param>
/// <param name="QueryNorm">Of each query head, or null.</param>
/// <param name="KeyNorm">Of each key head, or null.</param>
/// <param name="QueryKeyValue">The three projections of the normalised stream.</param>
/// <param name="AttentionOutput">Back to the stream's width.</param>
/// <param name="FeedForwardNorm">Before the feed-forward layers.</param>
/// <param name="GateUp">The two projections that are gated.</param>
/// <param name="Down">Back to the stream's width.</param>
internal sealed record DecoderLayer(
    Norm AttentionNorm,
    Norm? QueryNorm,
    Norm? KeyNorm,
    LinearTarget[] QueryKeyValue,
    LinearTarget[] AttentionOutput,
    Norm FeedForwardNorm,
    LinearTarget[] GateUp,
    LinearTarget[] Down);

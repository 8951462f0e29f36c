using Inference.Execution;

namespace Inference.Models;

/// <summary>The weights of one decoder layer, with where each linear result goes.</summary>
/// <param name="Attention">What a row sees.</param>
/// <param name="Rope">The rotary embedding, or null.</param>
/// <param name="Sinks">A score of each query head without a value, or null.</param>
/// <param name="AttentionNorm">Before attention, or null.</param>
/// <param name="QueryNorm">Of queries, or null.</param>
/// <param name="KeyNorm">Of keys, or null.</param>
/// <param name="QueryKeyValue">The three projections of what attention reads.</param>
/// <param name="AttentionOutput">Back to the stream's width.</param>
/// <param name="AfterAttention">Of what attention adds to the stream, or null.</param>
/// <param name="FeedForwardNorm">Before the feed-forward layers, or null.</param>
/// <param name="FeedForward">The first layers: gate and up, or up alone; with experts, their scores.</param>
/// <param name="Down">Back to the stream's width; empty with experts.</param>
/// <param name="Experts">The experts, or null.</param>
/// <param name="AfterFeedForward">Of what the feed-forward layers add to the stream, or null.</param>
internal sealed record DecoderLayer(
    AttentionShape Attention,
    Rope? Rope,
    DeviceWeight? Sinks,
    Norm? AttentionNorm,
    Norm? QueryNorm,
    Norm? KeyNorm,
    LinearTarget[] QueryKeyValue,
    LinearTarget[] AttentionOutput,
    Norm? AfterAttention,
    Norm? FeedForwardNorm,
    LinearTarget[] FeedForward,
    LinearTarget[] Down,
    ExpertLayer? Experts,
    Norm? AfterFeedForward);

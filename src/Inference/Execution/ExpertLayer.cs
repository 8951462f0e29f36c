using System.Collections.Immutable;

namespace Inference.Execution;

/// <summary>The gated feed-forward networks of a mixture of experts; the three arrays are as long as there are experts.</summary>
/// <param name="Gate">[feed-forward width, width] each.</param>
/// <param name="Up">[feed-forward width, width] each.</param>
/// <param name="Down">[width, feed-forward width] each.</param>
public sealed record ExpertLayer(ImmutableArray<LinearWeight> Gate, ImmutableArray<LinearWeight> Up, ImmutableArray<LinearWeight> Down);

using Inference.Execution;

namespace Inference.Ilgpu.Graphs;

/// <summary>An operation of a step as data: enough to execute it later, and to see whether it is the one that a graph holds.</summary>
internal readonly struct StepOperation : IEquatable<StepOperation>
{
    public StepOperationKind Kind { get; init; }

    public DeviceTensor? Tensor { get; init; }

    public DeviceTensor? Second { get; init; }

    public DeviceTensor? Third { get; init; }

    /// <summary>A table, sinks, or null.</summary>
    public DeviceWeight? Weight { get; init; }

    /// <summary>A norm, a rotary embedding, routing: what describes the operation besides.</summary>
    public object? Rule { get; init; }

    public AttentionShape? Attention { get; init; }

    public ExpertLayer? Experts { get; init; }

    public DeviceKvCache? Cache { get; init; }

    /// <summary>Linear layers; empty for other operations.</summary>
    public ReadOnlyMemory<LinearTarget> Targets { get; init; }

    /// <summary>A layer of the cache, or an activation.</summary>
    public int Number { get; init; }

    public float Factor { get; init; }

    /// <summary>By identity of tensors, weights and rules: models keep theirs from step to step.</summary>
    public bool Equals(StepOperation other) =>
        Kind == other.Kind && Number == other.Number && Factor.Equals(other.Factor)
        && ReferenceEquals(Tensor, other.Tensor) && ReferenceEquals(Second, other.Second) && ReferenceEquals(Third, other.Third)
        && ReferenceEquals(Weight, other.Weight) && ReferenceEquals(Rule, other.Rule) && ReferenceEquals(Cache, other.Cache)
        && ReferenceEquals(Attention, other.Attention) && ReferenceEquals(Experts, other.Experts);

    public override bool Equals(object? obj) => obj is StepOperation other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, Number, Tensor, Second);
}

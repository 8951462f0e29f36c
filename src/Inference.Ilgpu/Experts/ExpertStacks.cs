using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ILGPU;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

/// <summary>The stacks of a model's experts, each made when it is first asked for.</summary>
/// <param name="queue">Where the weights are.</param>
/// <param name="vector">A bias in the device's memory.</param>
internal sealed class ExpertStacks(ComputeQueue queue, Func<DeviceWeight, ArrayView<float>> vector)
{
    private readonly ConditionalWeakTable<DeviceWeight, ExpertStack> _stacks = [];

    /// <summary>Changes when matrices have moved.</summary>
    public int Version { get; private set; }

    /// <summary>The stacks of a layer. Its matrices move when they are asked for the first time; nothing of theirs is still being uploaded then.</summary>
    /// <param name="layer">The experts.</param>
    /// <param name="hidden">Rows that each gate and up must have.</param>
    /// <param name="width">Columns that they must have.</param>
    /// <exception cref="ArgumentException">The weights have other dimensions, or belong to another layer as well.</exception>
    /// <exception cref="NotSupportedException">They are of several types.</exception>
    /// <exception cref="DeviceMemoryException">The device has no room for one part of them a second time, for a moment.</exception>
    public (ExpertStack Gate, ExpertStack Up, ExpertStack Down) Of(ExpertLayer layer, int hidden, int width)
    {
        int experts = layer.Down.Length;
        // All are looked at before any move: a layer that is refused stays as it was.
        ExpertStack? gate = Find(layer.Gate, experts, hidden, width), up = Find(layer.Up, experts, hidden, width), down = Find(layer.Down, experts, width, hidden);
        return (gate ?? Make(layer.Gate), up ?? Make(layer.Up), down ?? Make(layer.Down));
    }

    private ExpertStack? Find(ImmutableArray<LinearWeight> weights, int experts, int rows, int columns)
    {
        if (weights.Length != experts)
            throw new ArgumentException($"{weights.Length} matrices for {experts} experts.", nameof(weights));
        if (_stacks.TryGetValue(weights[0].Weight, out ExpertStack? stack))
        {
            if (stack.Weights != weights)
                throw new ArgumentException("A matrix is an expert of two layers.", nameof(weights));
            if (stack.Rows != rows || stack.Columns != columns)
                throw new ArgumentException(Misfit(stack.Rows, stack.Columns, rows, columns), nameof(weights));
            return stack;
        }

        foreach (LinearWeight weight in weights)
            Check(weight, weights[0], rows, columns);
        if (weights.DistinctBy(weight => weight.Weight).Count() < experts)
            throw new ArgumentException("A matrix is two experts.", nameof(weights));
        return null;
    }

    private ExpertStack Make(ImmutableArray<LinearWeight> weights)
    {
        // Two parts of the layer may be one.
        if (_stacks.TryGetValue(weights[0].Weight, out ExpertStack? stack) && stack.Weights == weights)
            return stack;
        if (weights.Any(weight => ((DeviceMatrix)weight.Weight).HasMoved))
            throw new ArgumentException("A matrix is an expert of two layers.", nameof(weights));
        stack = ExpertStack.Create(queue, weights, vector);
        _stacks.Add(weights[0].Weight, stack);
        Version++;
        return stack;
    }

    private static void Check(LinearWeight checkedWeight, LinearWeight first, int rows, int columns)
    {
        (DeviceWeight weight, DeviceWeight? bias) = checkedWeight;
        if (weight is not DeviceMatrix matrix)
            throw new ArgumentException("A weight was not uploaded for linear layers.", nameof(checkedWeight));
        if (matrix.Rows != rows || matrix.Columns != columns)
            throw new ArgumentException(Misfit(matrix.Rows, matrix.Columns, rows, columns), nameof(checkedWeight));
        if (matrix.Layout.Type != ((DeviceMatrix)first.Weight).Layout.Type)
            throw new NotSupportedException("The GPU device computes the experts of a layer only where they are of one type.");
        if (bias is null != first.Bias is null || (bias is not null && bias.Columns != rows))
            throw new ArgumentException($"Each expert has a bias of {rows} elements, or none has.", nameof(checkedWeight));
        if (matrix.HasMoved)
            throw new ArgumentException("A matrix is an expert of two layers.", nameof(checkedWeight));
    }

    private static string Misfit(int rows, int columns, int dueRows, int dueColumns) => $"A weight of [{rows}, {columns}] where [{dueRows}, {dueColumns}] is due.";
}

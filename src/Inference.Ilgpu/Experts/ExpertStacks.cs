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

    /// <summary>The stack of one of the matrices of a layer's experts.</summary>
    /// <param name="weights">As long as there are experts; nothing of theirs is still being uploaded. They move when they are asked for the first time.</param>
    /// <param name="experts">Experts.</param>
    /// <param name="rows">Rows that each must have.</param>
    /// <param name="columns">Columns that each must have.</param>
    /// <exception cref="ArgumentException">The weights have other dimensions, or belong to another layer as well.</exception>
    /// <exception cref="NotSupportedException">They are of several types.</exception>
    /// <exception cref="DeviceMemoryException">The device has no room for them a second time, for a moment.</exception>
    public ExpertStack Of(ImmutableArray<LinearWeight> weights, int experts, int rows, int columns)
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

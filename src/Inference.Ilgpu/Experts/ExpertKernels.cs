using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Elements;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

/// <summary>Mixtures of experts. The host never learns which experts compute which rows; the number of launches depends on neither.</summary>
/// <remarks>
/// Shazeer et al., Outrageously Large Neural Networks (2017). A place is a row at one of its experts. Each place's results are
/// sums of its own, and a row's are added by rank, so that a row's company does not show.
/// </remarks>
internal sealed class ExpertKernels : IDisposable
{
    private readonly ComputeQueue _queue;
    private readonly ElementKernels _elements;
    private readonly ExpertProducts _products;
    private readonly ExpertStacks _stacks;
    private readonly ExpertScratch _scratch;
    private readonly Kernel<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int>> _route;
    private readonly Kernel<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ArrayView<int>, int>> _order;
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>> _mix;

    /// <param name="queue">Where everything is.</param>
    /// <param name="elements">For activations.</param>
    /// <param name="linear">For rounded inputs.</param>
    /// <param name="vector">A weight uploaded as a vector, in the device's memory.</param>
    public ExpertKernels(ComputeQueue queue, ElementKernels elements, LinearKernels linear, Func<DeviceWeight, ArrayView<float>> vector)
    {
        (_queue, _elements) = (queue, elements);
        _products = new ExpertProducts(queue, linear);
        _stacks = new ExpertStacks(queue, vector);
        _scratch = new ExpertScratch(queue);
        _route = new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int>(RouteKernel.Run));
        _order = new(queue, accelerator => accelerator.LoadKernel<ArrayView<int>, ArrayView<int>, ArrayView<int>, int>(OrderKernel.Run));
        _mix = new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>(MixKernel.Run));
    }

    /// <summary>Changes when memory that launches name has moved.</summary>
    public int Version => _scratch.Version + _stacks.Version;

    /// <summary>Has what experts of a layout take compiled when there is time.</summary>
    public void Expect(MatrixLayout layout)
    {
        _route.Expect();
        _order.Expect();
        _mix.Expect();
        _products.Expect(layout);
    }

    /// <summary>See <see cref="Execution.Device.MixExperts"/>.</summary>
    /// <param name="input">[rows, width].</param>
    /// <param name="scores">[rows, experts].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="routing">The rules.</param>
    /// <param name="layer">The experts. Their matrices move together when they are first computed with.</param>
    /// <param name="destination">[rows, width].</param>
    /// <exception cref="ArgumentException">The experts do not fit together, or the routing does not fit them.</exception>
    public void Mix(ArrayView<float> input, ArrayView<float> scores, int rows, ExpertRouting routing, ExpertLayer layer, ArrayView<float> destination)
    {
        int experts = layer.Down.Length, chosen = routing.Chosen;
        if (chosen < 1 || chosen > experts)
            throw new ArgumentException($"{chosen} of {experts} experts.", nameof(routing));
        if (rows == 0)
            return;
        int width = (int)(input.Length / rows), hidden = layer.Down[0].Weight.Columns, places = checked(rows * chosen);
        (ExpertStack gates, ExpertStack ups, ExpertStack downs) = _stacks.Of(layer, hidden, width);
        (ExpertPlaces routed, ArrayView<float> weights) = _scratch.Places(places, ExpertPlaces.SlotCount(places, experts));
        (ArrayView<float> gate, ArrayView<float> up, ArrayView<float> outputs) = _scratch.Rows(places, hidden, width);

        _route.Launch(_queue.Stream, (rows, _queue.GroupSize(experts)), scores, routed.Experts, weights, experts, chosen, routing.Normalizes ? 1 : 0);
        _order.Launch(_queue.Stream, (experts, _queue.GroupSize(GroupSum.MostThreads)), routed.Experts, routed.Order, routed.Slots, ExpertPlaces.ArePacked(places, experts) ? 1 : 0);
        _products.Run([gates, ups], [gate, up], input, rows, routed with { Shared = chosen });
        _elements.Gate(gate, up, routing.Activation, gate);
        _products.Run([downs], [outputs], gate, places, routed with { Shared = 1 });
        _mix.Launch(_queue.Stream, rows * width, outputs, weights, destination, width, chosen);
    }

    public void Dispose() => _scratch.Dispose();
}

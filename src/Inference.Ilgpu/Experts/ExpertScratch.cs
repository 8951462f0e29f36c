using ILGPU;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Experts;

/// <summary>Memory for what lies between the scores and the mixture.</summary>
internal sealed class ExpertScratch(ComputeQueue queue) : IDisposable
{
    private const string Purpose = "experts' activations";

    private readonly GrowingBuffer<int> _experts = new(queue, Purpose);
    private readonly GrowingBuffer<int> _order = new(queue, Purpose);
    private readonly GrowingBuffer<int> _slots = new(queue, Purpose);
    private readonly GrowingBuffer<float> _weights = new(queue, Purpose);
    private readonly GrowingBuffer<float> _gate = new(queue, Purpose);
    private readonly GrowingBuffer<float> _up = new(queue, Purpose);
    private readonly GrowingBuffer<float> _outputs = new(queue, Purpose);

    /// <summary>Changes when the memory has moved.</summary>
    public int Version => _experts.Version + _order.Version + _slots.Version + _weights.Version + _gate.Version + _up.Version + _outputs.Version;

    /// <summary>The expert of each place and the places sorted by it, with their slots, and the weight of each.</summary>
    public (ExpertPlaces Places, ArrayView<float> Weights) Places(int places, int slots) =>
        (new ExpertPlaces { Experts = _experts.View(places), Order = _order.View(places), Slots = _slots.View(slots * 2L) }, _weights.View(places));

    /// <summary>What experts compute for each place.</summary>
    /// <param name="places">Places.</param>
    /// <param name="hidden">Elements of a gate, and of an up.</param>
    /// <param name="width">Elements of an output.</param>
    public (ArrayView<float> Gate, ArrayView<float> Up, ArrayView<float> Outputs) Rows(int places, int hidden, int width) =>
        (_gate.View((long)places * hidden), _up.View((long)places * hidden), _outputs.View((long)places * width));

    public void Dispose()
    {
        _experts.Dispose();
        _order.Dispose();
        _slots.Dispose();
        _weights.Dispose();
        _gate.Dispose();
        _up.Dispose();
        _outputs.Dispose();
    }
}

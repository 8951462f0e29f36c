using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Elements;

/// <summary>Launches the kernels that work on rows and single elements.</summary>
internal sealed class ElementKernels
{
    private readonly ComputeQueue _queue;
    private readonly Kernel<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, float, int, int, int>> _normalize;
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>>> _add;
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, float>> _scale;
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, float>> _softCap;
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>> _gate;
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<int>, ArrayView<float>, int>> _selectRows;
    private readonly Kernel<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, int>> _argMax;

    public ElementKernels(ComputeQueue queue)
    {
        _queue = queue;
        _normalize = new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, float, int, int, int>(NormalizeKernel.Run));
        _add = new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>>(AddKernel.Run));
        _scale = new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, float>(ScaleKernel.Run));
        _softCap = new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, float>(SoftCapKernel.Run));
        _gate = new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>(GateKernel.Run));
        _selectRows = new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<int>, ArrayView<float>, int>(SelectRowsKernel.Run));
        _argMax = new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, ArrayView<int>, int>(ArgMaxKernel.Run));
    }

    /// <summary>Has all of them compiled when there is time.</summary>
    public void Expect()
    {
        foreach (IExpectedKernel kernel in (IExpectedKernel[])[_normalize, _add, _scale, _softCap, _gate, _selectRows, _argMax])
            _queue.Expect(kernel);
    }

    /// <summary>hidden += addend, where there is one; then destination = norm(hidden).</summary>
    /// <param name="hidden">[rows, columns], only the rows in use.</param>
    /// <param name="addend">As hidden, or null.</param>
    /// <param name="kind">The formula.</param>
    /// <param name="gain">As long as a run.</param>
    /// <param name="bias">As long, or null.</param>
    /// <param name="epsilon">Added to the mean square or the variance.</param>
    /// <param name="destination">As hidden; may be hidden.</param>
    public void Normalize(ArrayView<float> hidden, ArrayView<float>? addend, NormKind kind, ArrayView<float> gain, ArrayView<float>? bias, float epsilon, ArrayView<float> destination)
    {
        int length = gain.IntLength;
        int runs = (int)(hidden.Length / length);
        if (runs > 0)
            _normalize.Launch(_queue.Stream, (runs, _queue.GroupSize(length / 4)), hidden, addend ?? hidden, gain, bias ?? gain, destination, length, epsilon, kind == NormKind.Layer ? 1 : 0, addend is null ? 0 : 1, bias is null ? 0 : 1);
    }

    public void Add(ArrayView<float> destination, ArrayView<float> addend)
    {
        if (destination.Length > 0)
            _add.Launch(_queue.Stream, destination.IntLength, destination, addend);
    }

    public void Scale(ArrayView<float> tensor, float factor)
    {
        if (tensor.Length > 0)
            _scale.Launch(_queue.Stream, tensor.IntLength, tensor, factor);
    }

    public void SoftCap(ArrayView<float> tensor, float cap)
    {
        if (tensor.Length > 0)
            _softCap.Launch(_queue.Stream, tensor.IntLength, tensor, cap);
    }

    public void Gate(ArrayView<float> gate, ArrayView<float>? up, Activation activation, ArrayView<float> destination)
    {
        if (destination.Length > 0)
            _gate.Launch(_queue.Stream, destination.IntLength, gate, up ?? gate, destination, (int)activation, up is null ? 0 : 1);
    }

    /// <param name="source">[any, columns].</param>
    /// <param name="rows">Which rows to take.</param>
    /// <param name="destination">[as many as are taken, columns].</param>
    /// <param name="columns">Elements a row.</param>
    public void SelectRows(ArrayView<float> source, ArrayView<int> rows, ArrayView<float> destination, int columns)
    {
        if (destination.Length > 0)
            _selectRows.Launch(_queue.Stream, destination.IntLength, source, rows, destination, columns);
    }

    /// <param name="logits">[rows, columns].</param>
    /// <param name="results">[rows].</param>
    /// <param name="columns">Elements a row.</param>
    public void ArgMax(ArrayView<float> logits, ArrayView<int> results, int columns)
    {
        if (logits.Length > 0)
            _argMax.Launch(_queue.Stream, ((int)(logits.Length / columns), _queue.GroupSize(columns / 4)), logits, results, columns);
    }
}

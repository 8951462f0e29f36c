using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Formats;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Attention;
using Inference.Ilgpu.Elements;
using Inference.Ilgpu.Experts;
using Inference.Ilgpu.Graphs;
using Inference.Ilgpu.Linear;
using Inference.Ilgpu.Memory;
using Inference.Ilgpu.Selection;
using Device = Inference.Execution.Device;

namespace Inference.Ilgpu;

/// <summary>Computes on a card through ILGPU: kernels written in C#, compiled for CUDA or OpenCL while weights are uploaded.</summary>
/// <remarks>
/// <para>Operations only enqueue. The host waits where it reads results, and nowhere else in a step.</para>
/// <para>Not thread-safe, as <see cref="Device"/> says; different threads may use it one after the other.</para>
/// </remarks>
public sealed partial class IlgpuDevice : Device
{
    private readonly ComputeQueue _queue;
    private readonly ElementKernels _elements;
    private readonly LinearKernels _linear;
    private readonly ExpertKernels _experts;
    private readonly AttentionKernels _attention;
    private readonly StepBuffers _step;
    private readonly WeightStaging _staging;
    private readonly StepGraphs _graphs;
    private readonly Lock _reading = new();
    private LinearJob[] _jobs = new LinearJob[4];
    private readonly GrowingBuffer<int> _largest;
    private readonly GrowingHostBuffer<int> _largestHost;
    private readonly TopSelection? _selection;
    private readonly GrowingBuffer<float> _between;
    private readonly double _memoryFraction;
    private long _operations;
    private StepBatch? _batch;
    private long _uploadStart;
    private long _uploadedBytes;
    private bool _isUploading;
    private bool _isDisposed;

    private IlgpuDevice(AcceleratorContext context, global::ILGPU.Runtime.Device device, string name, IlgpuOptions options)
    {
        _memoryFraction = options.MemoryFraction;
        _queue = new ComputeQueue(context, device);
        Name = $"{AcceleratorContext.Kind(device.AcceleratorType)} {name}";
        _elements = new ElementKernels(_queue);
        _linear = new LinearKernels(_queue);
        _experts = new ExpertKernels(_queue, _elements, _linear, weight => ((DeviceVector)weight).View);
        _attention = new AttentionKernels(_queue);
        _largest = new GrowingBuffer<int>(_queue, "results");
        _largestHost = new GrowingHostBuffer<int>(_queue);
        _selection = options.SelectsTop ?? !_queue.IsProcessor ? new TopSelection(_queue) : null;
        _between = new GrowingBuffer<float>(_queue, "activations");
        _step = new StepBuffers(_queue);
        _staging = new WeightStaging(_queue);
        _graphs = new StepGraphs(options.UseGraphs ? CudaGraphDriver.TryCreate(_queue.Accelerator, _queue.Stream) : null, Execute, () => LogMessages.GraphsGivenUp(Logger, Name));
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Kernels compiled so far.</summary>
    internal int KernelCount => _queue.KernelCount;

    /// <summary>The time that compiling them took, most of it beside other work.</summary>
    internal TimeSpan CompileTime => _queue.CompileTime;

    /// <summary>Steps that were launched as one graph so far.</summary>
    internal long GraphLaunches => _graphs.Launches;

    /// <summary>What this machine has, best first: CUDA cards, OpenCL devices, and ILGPU's emulation on the processor.</summary>
    public static IReadOnlyList<AcceleratorDescription> List()
    {
        AcceleratorContext context = SharedContext.Acquire();
        try
        {
            return new AcceleratorList(context).Descriptions;
        }
        finally
        {
            SharedContext.Release();
        }
    }

    /// <inheritdoc/>
    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use)
    {
        Bind();
        _graphs.Flush();
        if (use == WeightUse.Vector)
        {
            float[] values = new float[tensor.ElementCount];
            for (long row = 0; row < tensor.Rows; row++)
                BlockFormat.Dequantize(tensor.Type, tensor.Row(row), values.AsSpan((int)(row * tensor.Columns), (int)tensor.Columns));
            MemoryBuffer1D<float, Stride1D.Dense> memory = _queue.Allocate<float>(values.Length, $"the weight {tensor.Name}");
            memory.View.CopyFromCPU(_queue.Stream, values);
            _queue.Stream.Synchronize();
            return new DeviceVector(memory);
        }

        MatrixLayout layout = new(tensor.Type, checked((int)tensor.Rows), checked((int)tensor.Columns));
        DeviceMatrix matrix = new(layout, _queue.Allocate<byte>(layout.ByteLength, $"the weight {tensor.Name}"));
        try
        {
            if (!_isUploading)
                (_isUploading, _uploadStart, _uploadedBytes) = (true, Stopwatch.GetTimestamp(), 0);
            _uploadedBytes += layout.ByteLength;
            _staging.Upload(layout, new MatrixPacker(layout, tensor), matrix.Memory);
        }
        catch
        {
            _staging.Complete();
            matrix.Dispose();
            throw;
        }

        tensor.ReleasePages();
        return matrix;
    }

    /// <inheritdoc/>
    public override void CompleteUploads(Action<long>? completed = null, CancellationToken cancellation = default)
    {
        if (!_isUploading)
            return;
        Bind();
        while (_queue.CompileNext())
            cancellation.ThrowIfCancellationRequested();
        _staging.Complete();
        _isUploading = false;
        LogMessages.Uploaded(Logger, Name, _uploadedBytes, Stopwatch.GetElapsedTime(_uploadStart).TotalMilliseconds, _queue.KernelCount, _queue.CompileTime.TotalMilliseconds);
    }

    /// <inheritdoc/>
    public override DeviceTensor Allocate(int capacity, int columns)
    {
        Bind();
        return new IlgpuTensor(_queue.Accelerator, _queue.Allocate<float>(Math.Max(1, (long)capacity * columns), "activations"), capacity, columns);
    }

    /// <inheritdoc/>
    public override DeviceKvCache AllocateKvCache(KvCacheShape shape)
    {
        Bind();
        return new IlgpuKvCache(_queue, shape);
    }

    /// <inheritdoc/>
    public override void CopyBlock(DeviceKvCache cache, int source, int destination)
    {
        Bind();
        _graphs.Flush();
        ((IlgpuKvCache)cache).Copy(source, destination);
    }

    /// <inheritdoc/>
    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination)
    {
        Bind();
        _graphs.Flush();
        ((IlgpuKvCache)cache).Read(block, destination);
    }

    /// <inheritdoc/>
    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source)
    {
        Bind();
        _graphs.Flush();
        ((IlgpuKvCache)cache).Write(block, source);
    }

    /// <inheritdoc/>
    public override void ReadArgMax(Span<int> tokens)
    {
        Bind();
        _graphs.Flush();
        if (tokens.IsEmpty)
            return;
        int[] host = _largestHost.Array(tokens.Length);
        _largest.View(tokens.Length).CopyToCPUUnsafeAsync(_queue.Stream, ref host[0], tokens.Length);
        _step.Synchronize();
        host.AsSpan(0, tokens.Length).CopyTo(tokens);
    }

    /// <inheritdoc/>
    public override int MostSelected => _selection is null ? 0 : SelectTopKernel.Most;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are not as many temperatures as rows.</exception>
    public override void SelectTop(DeviceTensor logits, int count, ReadOnlySpan<float> temperatures)
    {
        if (temperatures.Length != logits.Rows)
            throw new ArgumentException($"{temperatures.Length} temperatures for {logits.Rows} rows.", nameof(temperatures));
        Bind();
        _graphs.Flush();
        Selection.Select(View(logits), logits.Columns, count, temperatures);
    }

    /// <inheritdoc/>
    public override void ReadTop(Span<int> counts, Span<float> sums, Span<float> values, Span<int> tokens)
    {
        TopSelection selection = Selection;
        Bind();
        _step.Synchronize();
        selection.Read(counts, sums, values, tokens);
    }

    /// <inheritdoc/>
    /// <remarks>A few rows that are read after an operation are copied one by one; where they become many, all rows in use are.</remarks>
    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Rows);
        var source = (IlgpuTensor)tensor;
        lock (_reading)
        {
            if (!source.IsRead(row, _operations))
            {
                Bind();
                _graphs.Flush();
                (int first, int count) = source.NextToRead(row, _operations);
                source.View.SubView((long)first * tensor.Columns, (long)count * tensor.Columns)
                    .CopyToCPUUnsafeAsync(_queue.Stream, ref source.Host[first * tensor.Columns], (long)count * tensor.Columns);
                _step.Synchronize();
                source.NoteRead(first, count, _operations);
            }
        }

        return source.Host.AsSpan(row * tensor.Columns, tensor.Columns);
    }

    /// <inheritdoc/>
    public override unsafe void WriteRows(DeviceTensor tensor, ReadOnlySpan<float> source)
    {
        if (source.IsEmpty)
            return;
        Bind();
        _graphs.Flush();
        _operations++;
        fixed (float* pinned = source)
        {
            ((IlgpuTensor)tensor).View.CopyFromCPUUnsafeAsync(_queue.Stream, ref *pinned, source.Length);
            _step.Synchronize();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _isDisposed)
            return;
        _isDisposed = true;
        Bind();
        _graphs.Dispose();
        _queue.Stream.Synchronize();
        _staging.Dispose();
        _step.Dispose();
        _attention.Dispose();
        _experts.Dispose();
        _linear.Dispose();
        _between.Dispose();
        _selection?.Dispose();
        _largest.Dispose();
        _largestHost.Dispose();
        _queue.Dispose();
        SharedContext.Release();
    }

    private TopSelection Selection => _selection ?? throw new NotSupportedException($"{Name} does not select the largest elements of rows.");

    /// <summary>ILGPU's notion of the current accelerator is the thread's, and a thread may have several.</summary>
    private void Bind() => _queue.Accelerator.Bind();
}

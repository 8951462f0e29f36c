using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Selection;

/// <summary>Selects the largest elements of rows, and brings them to the host by one copy.</summary>
/// <remarks>Not part of the steps that are repeated as graphs: what is selected, and at which temperatures, is another thing in every step.</remarks>
internal sealed class TopSelection(ComputeQueue queue, int mostRuns = SelectTopKernel.Capacity) : IDisposable
{
    // Above it the reciprocal is finite.
    private const float LowestTemperature = 1e-30f;

    private readonly Kernel<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<ulong>, ArrayView<float>, ArrayView<int>, int, int>> _leaders =
        new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<ulong>, ArrayView<float>, ArrayView<int>, int, int>(LeaderKernel.Run));

    private readonly Kernel<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<ulong>, ArrayView<float>, ArrayView<int>, ArrayView<ulong>, int, int, int>> _select =
        new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<ulong>, ArrayView<float>, ArrayView<int>, ArrayView<ulong>, int, int, int>(SelectTopKernel.Run));

    private readonly GrowingBuffer<float> _scales = new(queue, "results");
    private readonly GrowingBuffer<ulong> _runs = new(queue, "results");
    private readonly GrowingBuffer<float> _parts = new(queue, "results");
    private readonly GrowingBuffer<int> _seen = new(queue, "results");
    private readonly GrowingBuffer<ulong> _results = new(queue, "results");
    private readonly GrowingHostBuffer<float> _scalesHost = new(queue);
    private readonly GrowingHostBuffer<ulong> _resultsHost = new(queue);
    private bool _isPending;
    private int _rows;
    private int _count;

    /// <summary>Has its kernels compiled when there is time.</summary>
    public void Expect()
    {
        _leaders.Expect();
        _select.Expect();
    }

    /// <summary>Enqueues the selection and the copy of its results.</summary>
    /// <param name="logits">[rows, columns].</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="count">How many to find of each.</param>
    /// <param name="temperatures">One for each row.</param>
    public void Select(ArrayView<float> logits, int columns, int count, ReadOnlySpan<float> temperatures)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, SelectTopKernel.Most);
        // The copies of one that nobody has read may be under way.
        if (_isPending)
            queue.Stream.Synchronize();
        _isPending = false;
        _rows = temperatures.Length;
        _count = count;
        int runs = Math.Min(mostRuns, (columns + LeaderKernel.RunsPerGroup - 1) / LeaderKernel.RunsPerGroup * LeaderKernel.RunsPerGroup);
        // Beyond, no run would have room; rows so wide are left to the host.
        if (_rows == 0 || (columns + runs - 1) / runs > SelectTopKernel.LongestRun)
        {
            _count = 0;
            return;
        }

        int groups = runs / LeaderKernel.RunsPerGroup;
        float[] scales = _scalesHost.Array(_rows);
        for (int row = 0; row < _rows; row++)
            scales[row] = 1 / Math.Max(temperatures[row], LowestTemperature);
        ArrayView<float> scalesView = _scales.View(_rows);
        ArrayView<ulong> leaders = _runs.View((long)_rows * runs);
        ArrayView<float> parts = _parts.View(2L * _rows * groups);
        ArrayView<int> seen = _seen.View((long)_rows * groups);
        ArrayView<ulong> results = _results.View((long)_rows * (count + 1));
        _isPending = true;
        scalesView.CopyFromCPUUnsafeAsync(queue.Stream, ref scales[0], _rows);
        int threads = queue.GroupSize(Elements.GroupSum.MostThreads);
        _leaders.Launch(queue.Stream, (new Index2D(groups, _rows), new Index2D(threads, 1)), logits, scalesView, leaders, parts, seen, columns, runs);
        _select.Launch(queue.Stream, (_rows, threads), logits, scalesView, leaders, parts, seen, results, columns, runs, count);
        results.CopyToCPUUnsafeAsync(queue.Stream, ref _resultsHost.Array(results.IntLength)[0], results.Length);
    }

    /// <summary>Reads what was selected, once it is here.</summary>
    /// <inheritdoc cref="Inference.Execution.Device.ReadTop" path="/param"/>
    public void Read(Span<int> counts, Span<float> sums, Span<float> values, Span<int> tokens)
    {
        _isPending = false;
        counts = counts[.._rows];
        if (_count == 0)
        {
            counts.Fill(-1);
            return;
        }

        ReadOnlySpan<ulong> results = _resultsHost.Array(_rows * (_count + 1));
        for (int row = 0; row < _rows; row++)
        {
            ReadOnlySpan<ulong> result = results.Slice(row * (_count + 1), _count + 1);
            counts[row] = (int)(result[0] >> 32);
            sums[row] = BitConverter.UInt32BitsToSingle((uint)result[0]);
            for (int i = 0; i < counts[row]; i++)
            {
                values[(row * _count) + i] = OrderedKey.Value(result[1 + i]);
                tokens[(row * _count) + i] = OrderedKey.Index(result[1 + i]);
            }
        }
    }

    public void Dispose()
    {
        _scales.Dispose();
        _runs.Dispose();
        _parts.Dispose();
        _seen.Dispose();
        _results.Dispose();
        _scalesHost.Dispose();
        _resultsHost.Dispose();
    }
}

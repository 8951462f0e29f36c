using System.Collections.Immutable;
using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

/// <summary>One matrix of each expert of a layer, all in one: an expert's rows begin at its number x padded rows. So a kernel finds any expert's weights without a table of addresses.</summary>
/// <remarks>Lives as long as any of the matrices that moved into it.</remarks>
internal sealed class ExpertStack
{
    private readonly DeviceMatrix _all;
    private readonly MemoryBuffer1D<float, Stride1D.Dense>? _biases;
    private int _users;

    private ExpertStack(DeviceMatrix all, MemoryBuffer1D<float, Stride1D.Dense>? biases, ImmutableArray<LinearWeight> weights, MatrixLayout one)
    {
        (_all, _biases, Weights) = (all, biases, weights);
        (Rows, PaddedRows) = (one.Rows, one.Tiles * MatrixLayout.TileRows);
    }

    /// <summary>Those that moved here.</summary>
    public ImmutableArray<LinearWeight> Weights { get; }

    public MatrixLayout Layout => _all.Layout;

    public MatrixView View => _all.View;

    /// <summary>[experts, rows], or null.</summary>
    public ArrayView<float>? Biases => _biases is null ? null : (ArrayView<float>)_biases.View;

    /// <summary>Rows of an expert's matrix.</summary>
    public int Rows { get; }

    /// <summary>Rows of an expert's matrix, rounded up to tiles.</summary>
    public int PaddedRows { get; }

    public int Columns => _all.Columns;

    /// <summary>Moves matrices into one. Waits for the device: done once for each layer.</summary>
    /// <param name="queue">Where they are.</param>
    /// <param name="weights">One of each expert, of one type and shape, none of which has moved before. All have biases, or none has.</param>
    /// <param name="vector">A bias in the device's memory.</param>
    /// <exception cref="DeviceMemoryException">The device has no room for them a second time, for a moment.</exception>
    public static ExpertStack Create(ComputeQueue queue, ImmutableArray<LinearWeight> weights, Func<DeviceWeight, ArrayView<float>> vector)
    {
        MatrixLayout one = ((DeviceMatrix)weights[0].Weight).Layout;
        MatrixLayout layout = new(one.Type, checked(weights.Length * one.Tiles * MatrixLayout.TileRows), one.Columns);
        MemoryBuffer1D<float, Stride1D.Dense>? biases = weights[0].Bias is null ? null : queue.Allocate<float>((long)weights.Length * one.Rows, "biases of experts");
        ExpertStack stack;
        try
        {
            stack = new ExpertStack(new DeviceMatrix(layout, queue.Allocate<byte>(layout.ByteLength, "experts")), biases, weights, one);
        }
        catch
        {
            biases?.Dispose();
            throw;
        }

        for (int i = 0; i < weights.Length; i++)
        {
            stack.Copy(queue, i, one);
            if (biases is not null)
                vector(weights[i].Bias!).SubView(0, one.Rows).CopyTo(queue.Stream, ((ArrayView<float>)biases.View).SubView((long)i * one.Rows, one.Rows));
        }

        queue.Stream.Synchronize();
        for (int i = 0; i < weights.Length; i++)
            ((DeviceMatrix)weights[i].Weight).Move(stack.Of(i, one), new Share(stack));
        return stack;
    }

    private void Copy(ComputeQueue queue, int expert, MatrixLayout one)
    {
        ArrayView<byte> source = ((DeviceMatrix)Weights[expert].Weight).Memory, target = _all.Memory;
        Copy(0, 0, one.CodeBytes);
        Copy(one.UpperStart, Layout.UpperStart, one.UpperBytes);
        Copy(one.ScaleStart, Layout.ScaleStart, one.ScaleBytes);
        Copy(one.SubScaleStart, Layout.SubScaleStart, one.SubScaleBytes);

        void Copy(long from, long plane, long length)
        {
            if (length > 0)
                source.SubView(from, length).CopyTo(queue.Stream, target.SubView(plane + (expert * length), length));
        }
    }

    /// <summary>One of them, as the matrix that it was.</summary>
    private MatrixView Of(int expert, MatrixLayout one)
    {
        return View with
        {
            Codes = Plane(View.Codes, one.CodeBytes),
            Upper = Plane(View.Upper, one.UpperBytes),
            Scales = Plane(View.Scales, one.ScaleBytes),
            SubScales = Plane(View.SubScales, one.SubScaleBytes),
            Rows = Rows,
        };

        ArrayView<int> Plane(ArrayView<int> plane, long bytes) => bytes == 0 ? plane : plane.SubView(expert * (bytes / sizeof(int)), bytes / sizeof(int));
    }

    /// <summary>What a matrix in the stack holds of it.</summary>
    private sealed class Share : IDisposable
    {
        private readonly ExpertStack _stack;

        public Share(ExpertStack stack)
        {
            _stack = stack;
            stack._users++;
        }

        public void Dispose()
        {
            if (--_stack._users > 0)
                return;
            _stack._all.Dispose();
            _stack._biases?.Dispose();
        }
    }
}

using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>The kernels of a cache made for tensor cores.</summary>
internal sealed class TileKernels(ComputeQueue queue)
{
    public Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int>> Store { get; } =
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int>(TileStoreKernel.Run));

    public Kernel<Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<IntQuad>>> Walk { get; } =
        new(queue, accelerator => accelerator.LoadKernel<AttentionView, CacheView, ArrayView<IntQuad>>(TileAttendKernel.Walk));

    public Kernel<Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<IntQuad>, ArrayView<float>>> Spread { get; } =
        new(queue, accelerator => accelerator.LoadKernel<AttentionView, CacheView, ArrayView<IntQuad>, ArrayView<float>>(TileAttendKernel.Spread));

    public Kernel<Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<float>, int>> Combine { get; } =
        new(queue, accelerator => accelerator.LoadKernel<AttentionView, CacheView, ArrayView<float>, int>(AttendKernel<HalfElements>.Combine));

    /// <summary>Has all of them compiled when there is time.</summary>
    public void Expect()
    {
        Store.Expect();
        Walk.Expect();
        Spread.Expect();
        Combine.Expect();
    }
}

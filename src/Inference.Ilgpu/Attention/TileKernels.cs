using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>The kernels of a cache made for tensor cores.</summary>
internal sealed class TileKernels(Accelerator accelerator)
{
    public Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int> Store { get; } =
        accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int>(TileStoreKernel.Run);

    public Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<IntQuad>> Walk { get; } =
        accelerator.LoadKernel<AttentionView, CacheView, ArrayView<IntQuad>>(TileAttendKernel.Walk);

    public Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<IntQuad>, ArrayView<float>> Spread { get; } =
        accelerator.LoadKernel<AttentionView, CacheView, ArrayView<IntQuad>, ArrayView<float>>(TileAttendKernel.Spread);

    public Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<float>, int> Combine { get; } =
        accelerator.LoadKernel<AttentionView, CacheView, ArrayView<float>, int>(AttendKernel<HalfElements>.Combine);
}

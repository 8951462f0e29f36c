using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Attention;

/// <summary>The kernels of one type of cache.</summary>
internal sealed record CacheKernels(
    Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int>> Store,
    Kernel<Action<AcceleratorStream, KernelConfig, AttentionView, CacheView>> Walk,
    Kernel<Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<float>>> Spread,
    Kernel<Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<float>, int>> Combine)
{
    /// <summary>Has all of them compiled when there is time.</summary>
    public void Expect()
    {
        Store.Expect();
        Walk.Expect();
        Spread.Expect();
        Combine.Expect();
    }

    public static CacheKernels Load(ComputeQueue queue, KvCacheType type) => type switch
    {
        KvCacheType.F32 => Load<SingleElements>(queue),
        KvCacheType.F16 => Load<HalfElements>(queue),
        _ => Load<ByteElements>(queue),
    };

    private static CacheKernels Load<TElements>(ComputeQueue queue)
        where TElements : struct, ICacheElements => new(
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int>(StoreKernel<TElements>.Run)),
        new(queue, accelerator => accelerator.LoadKernel<AttentionView, CacheView>(AttendKernel<TElements>.Walk)),
        new(queue, accelerator => accelerator.LoadKernel<AttentionView, CacheView, ArrayView<float>>(AttendKernel<TElements>.Spread)),
        new(queue, accelerator => accelerator.LoadKernel<AttentionView, CacheView, ArrayView<float>, int>(AttendKernel<TElements>.Combine)));
}

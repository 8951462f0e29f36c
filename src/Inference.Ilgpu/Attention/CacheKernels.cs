using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;

namespace Inference.Ilgpu.Attention;

/// <summary>The kernels of one type of cache.</summary>
internal sealed record CacheKernels(
    Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int> Store,
    Action<AcceleratorStream, KernelConfig, AttentionView, CacheView> Walk,
    Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<float>> Spread,
    Action<AcceleratorStream, KernelConfig, AttentionView, CacheView, ArrayView<float>, int> Combine)
{
    public static CacheKernels Load(Accelerator accelerator, KvCacheType type) => type switch
    {
        KvCacheType.F32 => Load<SingleElements>(accelerator),
        KvCacheType.F16 => Load<HalfElements>(accelerator),
        _ => Load<ByteElements>(accelerator),
    };

    private static CacheKernels Load<TElements>(Accelerator accelerator)
        where TElements : struct, ICacheElements => new(
        accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, CacheView, int>(StoreKernel<TElements>.Run),
        accelerator.LoadKernel<AttentionView, CacheView>(AttendKernel<TElements>.Walk),
        accelerator.LoadKernel<AttentionView, CacheView, ArrayView<float>>(AttendKernel<TElements>.Spread),
        accelerator.LoadKernel<AttentionView, CacheView, ArrayView<float>, int>(AttendKernel<TElements>.Combine));
}

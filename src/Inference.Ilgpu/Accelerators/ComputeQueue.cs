using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Inference.Ilgpu.Accelerators;

/// <summary>One accelerator with its one stream: everything is computed in the order in which it was enqueued.</summary>
/// <remarks>Not thread-safe: one thread at a time, as the seam promises.</remarks>
internal sealed class ComputeQueue : IDisposable
{
    public ComputeQueue(AcceleratorContext context, Device device)
    {
        Accelerator = device.CreateAccelerator(context.Context);
        Kind = AcceleratorContext.Kind(device.AcceleratorType);
        Stream = Accelerator.CreateStream();
    }

    public Accelerator Accelerator { get; }

    public AcceleratorKind Kind { get; }

    /// <summary>Where everything is enqueued. Not the accelerator's default stream: that one waits for all others, and CUDA records no graph from it.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Whether threads of a warp can exchange registers, and so multiply matrices together. OpenCL has neither through ILGPU.</summary>
    public bool HasWarps => Kind == AcceleratorKind.Cpu || (Accelerator is CudaAccelerator cuda && cuda.Architecture >= CudaArchitecture.SM_80);

    public void Dispose()
    {
        Stream.Dispose();
        Accelerator.Dispose();
    }
}

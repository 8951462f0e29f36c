using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Accelerators;

/// <summary>One accelerator with its one stream: everything is computed in the order in which it was enqueued.</summary>
/// <remarks>Not thread-safe: one thread at a time, as the seam promises.</remarks>
internal sealed class ComputeQueue : IDisposable
{
    private readonly Queue<IExpectedKernel> _expected = [];

    public ComputeQueue(AcceleratorContext context, Device device)
    {
        Accelerator = device.CreateAccelerator(context.Context);
        Kind = AcceleratorContext.Kind(device.AcceleratorType);
        Stream = Accelerator.CreateStream();
        IsProcessor = device is CPUDevice or CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU };
    }

    public Accelerator Accelerator { get; }

    public AcceleratorKind Kind { get; }

    /// <summary>Whether it computes on the machine's processor, in the machine's memory.</summary>
    public bool IsProcessor { get; }

    /// <summary>Where everything is enqueued. Not the accelerator's default stream: that one waits for all others, and CUDA records no graph from it.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Whether threads of a warp can exchange registers, and so multiply matrices together. OpenCL has neither through ILGPU.</summary>
    public bool HasWarps => Kind == AcceleratorKind.Cpu || (Accelerator is CudaAccelerator cuda && cuda.Architecture >= CudaArchitecture.SM_80);

    /// <summary>Whether linear layers take tensor cores. The emulation can do what those do, only slower than plain code.</summary>
    public bool UsesTensorCores => HasWarps && Kind != AcceleratorKind.Cpu;

    /// <summary>Whether groups of so many threads are to be had. The emulation would wake a thread of the system for each.</summary>
    public bool HasGroups(int threads) => Kind != AcceleratorKind.Cpu && Accelerator.MaxNumThreadsPerGroup >= threads;

    /// <summary>Kernels compiled so far.</summary>
    public int KernelCount { get; private set; }

    /// <summary>The time that compiling them took: to PTX or OpenCL by ILGPU, and from there by the driver.</summary>
    public TimeSpan CompileTime { get; private set; }

    /// <summary>Compiles a kernel.</summary>
    public T Compile<T>(Func<Accelerator, T> load)
    {
        long start = Stopwatch.GetTimestamp();
        T kernel = load(Accelerator);
        CompileTime += Stopwatch.GetElapsedTime(start);
        KernelCount++;
        return kernel;
    }

    /// <summary>Notes that a kernel will be needed.</summary>
    public void Expect(IExpectedKernel kernel) => _expected.Enqueue(kernel);

    /// <summary>Compiles the next of the kernels that will be needed.</summary>
    /// <returns>False where there is none left.</returns>
    public bool CompileNext()
    {
        if (!_expected.TryDequeue(out IExpectedKernel? kernel))
            return false;
        kernel.Compile();
        return true;
    }

    /// <summary>Allocates device memory.</summary>
    /// <param name="length">Elements.</param>
    /// <param name="purpose">What for, in words.</param>
    /// <exception cref="DeviceMemoryException">The device has not so much left.</exception>
    public MemoryBuffer1D<T, Stride1D.Dense> Allocate<T>(long length, string purpose)
        where T : unmanaged
    {
        try
        {
            return Accelerator.Allocate1D<T>(length);
        }
        catch (Exception error) when (error is AcceleratorException or OutOfMemoryException or OverflowException)
        {
            throw new DeviceMemoryException(Accelerator.Name, purpose, length * Interop.SizeOf<T>(), FreeBytes, Accelerator.MemorySize, error);
        }
    }

    /// <summary>Memory that nobody has, where the driver tells; null elsewhere.</summary>
    public long? FreeBytes => Accelerator is CudaAccelerator cuda ? cuda.GetFreeMemory() : null;

    /// <summary>Threads of a group that works on one row: a power of two near to what is wanted, from a warp to <see cref="GroupSum.MostThreads"/>.</summary>
    /// <remarks>The emulation runs every thread as one of the system's: a warp is enough there.</remarks>
    public int GroupSize(int wanted) => Kind == AcceleratorKind.Cpu
        ? AcceleratorContext.WarpSize
        : (int)Math.Clamp(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted), AcceleratorContext.WarpSize, GroupSum.MostThreads);

    public void Dispose()
    {
        Stream.Dispose();
        Accelerator.Dispose();
    }
}

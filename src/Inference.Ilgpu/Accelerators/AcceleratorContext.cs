using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using Inference.Ilgpu.Intrinsics;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Accelerators;

/// <summary>ILGPU's context with everything this machine has, and our intrinsics. Disposed after its accelerators.</summary>
internal sealed class AcceleratorContext : IDisposable
{
    /// <summary>Threads that work in step on every accelerator that has warps; the emulation is set up alike.</summary>
    public const int WarpSize = 32;

    /// <param name="emulatedWarps">
    /// Warps that the emulation has. It wakes a thread of the system for each of their threads at every launch, so that devices have one;
    /// tests of kernels whose groups are larger have more.
    /// </param>
    public AcceleratorContext(int emulatedWarps = 1)
    {
        NativeLibraries.Register();
        Context = Context.Create(builder =>
        {
            builder.Optimize(OptimizationLevel.O2).EnableAlgorithms();
            builder.CPU(new CPUDevice(WarpSize, emulatedWarps, 1));
            Try(() => builder.Cuda());
            Try(() => builder.OpenCL(Accept));
            Register(builder.GetIntrinsicManager());
        });
    }

    public Context Context { get; }

    /// <summary>What was found, cards first.</summary>
    public IEnumerable<Device> Devices => Context.Devices.OrderBy(device => device.AcceleratorType switch
    {
        AcceleratorType.Cuda => 0,
        AcceleratorType.OpenCL => 1,
        _ => 2,
    });

    public static AcceleratorKind Kind(AcceleratorType type) => type switch
    {
        AcceleratorType.Cuda => AcceleratorKind.Cuda,
        AcceleratorType.OpenCL => AcceleratorKind.OpenCL,
        _ => AcceleratorKind.Cpu,
    };

    public void Dispose() => Context.Dispose();

    private static void Register(IntrinsicImplementationManager manager)
    {
        Exact.Register(manager);
        TensorCore.Register(manager);
        Bytes.Register(manager);
        HalfPair.Register(manager);
        AsyncCopy.Register(manager);
    }

    /// <summary>A machine without a driver has no such accelerators, which is no error.</summary>
    private static void Try(Action register)
    {
        try
        {
            register();
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or AcceleratorException or TypeInitializationException)
        {
        }
    }

    /// <summary>Takes every OpenCL device. ILGPU asks for generic address spaces, which our kernels do without.</summary>
    private static bool Accept(CLDevice device)
    {
        if (!device.Capabilities.GenericAddressSpace)
            typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace), BindingFlags.Public | BindingFlags.Instance)!
                .SetValue(device.Capabilities, true);
        return true;
    }
}

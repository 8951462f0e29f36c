using System.Diagnostics;
using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Inference.Ilgpu;
using Inference.Ilgpu.Accelerators;

namespace Inference.GpuBenchmark;

/// <summary>Compiles every kernel to PTX, which takes no card: whether this program, trimmed as it is, holds all that ILGPU looks for, and how long it takes.</summary>
internal static class PtxSection
{
    private const int GroupSize = 32;

    public static void Run(Bench bench)
    {
        AcceleratorContext context = SharedContext.Acquire();
        try
        {
            using var backend = new PTXBackend(context.Context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null!);
            long start = Stopwatch.GetTimestamp();
            int count = 0;
            string failed = "";
            foreach (MethodInfo kernel in Kernels())
            {
                try
                {
                    // Kernels that take an index leave the grouping to the launcher.
                    EntryPointDescription entry = kernel.GetParameters()[0].ParameterType == typeof(Index1D)
                        ? EntryPointDescription.FromImplicitlyGroupedKernel(kernel)
                        : EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
                    backend.Compile(entry, new KernelSpecialization(GroupSize, null));
                    count++;
                }
                catch (Exception error) when (error is InternalCompilerException or NotSupportedException or ArgumentException)
                {
                    failed += $" {kernel.DeclaringType!.Name}: {(error.InnerException ?? error).Message}";
                }
            }

            bench.Report.Add(new("ptx", "kernels compile", count > 0 && failed.Length == 0 ? 1 : 0, Result.Pass) { Note = $"{count} kernels{failed}" });
            bench.Report.Add(new("ptx", "all kernels", Stopwatch.GetElapsedTime(start).TotalSeconds, "s"));
        }
        finally
        {
            SharedContext.Release();
        }
    }

    /// <summary>By their names: a kernel is the method Run of a class called after it.</summary>
    private static IEnumerable<MethodInfo> Kernels() => typeof(IlgpuDevice).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Kernel", StringComparison.Ordinal) && type is { IsAbstract: true, IsSealed: true })
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(method => method is { Name: "Run", IsGenericMethodDefinition: false });
}

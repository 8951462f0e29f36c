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

/// <summary>Compiles every kernel to PTX, for every type of weights and caches, which takes no card: whether this program, trimmed as it is, holds all that ILGPU looks for, and how long it takes.</summary>
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
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            bench.Report.Add(new("ptx", "all kernels", seconds, "s") { Note = $"{1e3 * seconds / Math.Max(1, count):F0} ms each, without the driver's part" });
        }
        finally
        {
            SharedContext.Release();
        }
    }

    /// <summary>By their names: kernels are the public methods without a result of classes that end so. Those with type parameters, for all types that fit.</summary>
    private static IEnumerable<MethodInfo> Kernels() => typeof(IlgpuDevice).Assembly.GetTypes()
        .Where(type => type is { IsAbstract: true, IsSealed: true } && type.Name.Split('`')[0].EndsWith("Kernel", StringComparison.Ordinal))
        .SelectMany(Closed)
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
        .Where(method => method.ReturnType == typeof(void));

    /// <summary>The type with every combination of structures that its parameters' constraints allow.</summary>
    private static IEnumerable<Type> Closed(Type type)
    {
        if (!type.IsGenericTypeDefinition)
            return [type];
        IEnumerable<Type[]> choices = [[]];
        foreach (Type parameter in type.GetGenericArguments())
        {
            Type[] fitting = [.. Fitting(parameter)];
            choices = choices.SelectMany(chosen => fitting.Select(one => (Type[])[.. chosen, one])).ToArray();
        }

        return choices.Select(type.MakeGenericType);
    }

    private static IEnumerable<Type> Fitting(Type parameter)
    {
        Type[] wanted = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)];
        return typeof(IlgpuDevice).Assembly.GetTypes()
            .Where(type => type is { IsValueType: true } && wanted.Length > 0 && wanted.All(constraint => type.GetInterfaces().Contains(constraint)))
            .SelectMany(Closed);
    }
}

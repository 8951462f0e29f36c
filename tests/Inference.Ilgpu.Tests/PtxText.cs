using System.Diagnostics;
using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Tests;

/// <summary>The PTX that a kernel becomes; it takes no card to read it.</summary>
internal static class PtxText
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Compiles a kernel and, where NVIDIA's assembler is on the path, has it accepted by that too.</summary>
    /// <param name="type">Where the kernel is.</param>
    /// <param name="method">Its name.</param>
    /// <param name="groupSize">Threads a group.</param>
    /// <param name="typeArguments">Of a generic kernel.</param>
    public static string Of(Type type, string method, int groupSize, params Type[] typeArguments)
    {
        using AcceleratorContext context = new();
        using PTXBackend backend = new(context.Context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null!);
        MethodInfo kernel = type.GetMethod(method, Any)!;
        if (typeArguments.Length > 0)
            kernel = kernel.MakeGenericMethod(typeArguments);
        // Kernels that take an index leave the grouping to the launcher.
        EntryPointDescription entry = kernel.GetParameters()[0].ParameterType == typeof(Index1D)
            ? EntryPointDescription.FromImplicitlyGroupedKernel(kernel)
            : EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        var compiled = (PTXCompiledKernel)backend.Compile(entry, new KernelSpecialization(groupSize, null));
        Assemble(compiled.PTXAssembly);
        return compiled.PTXAssembly;
    }

    /// <summary>What the assembler says of registers, shared memory and spills; null where there is none.</summary>
    public static string? Assemble(string ptx, string architecture = "sm_80")
    {
        string? assembler = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "ptxas")).FirstOrDefault(File.Exists);
        if (assembler is null)
            return null;
        using Process process = Process.Start(new ProcessStartInfo(assembler, [$"-arch={architecture}", "-v", "-o", "/dev/null", "/dev/stdin"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(ptx);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string report = process.StandardError.ReadToEnd() + output.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, report);
        return report;
    }
}

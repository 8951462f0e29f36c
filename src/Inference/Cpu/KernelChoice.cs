using Inference.Cpu.Assembled;
using Inference.Cpu.Linear;

namespace Inference.Cpu;

/// <summary>From the kernels asked for to those that this machine computes with.</summary>
internal static class KernelChoice
{
    /// <summary>The environment variable that chooses where nothing else does.</summary>
    public const string Variable = "INFERENCE_KERNELS";

    /// <summary>What is meant where nothing is asked for. A name in the environment that means nothing counts as none here.</summary>
    public static KernelWidth Default { get; } = ForDefault();

    /// <summary>Finds the kernels, once for a device.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine lacks them.</exception>
    /// <exception cref="ArgumentException">The environment variable names no kernels.</exception>
    public static KernelWidth Resolve(CpuKernels kernels)
    {
        if (kernels != CpuKernels.Auto)
            return Find(kernels, kernels.ToString());
        string? name = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(name))
            return Fastest;
        return TryParse(name, out CpuKernels named)
            ? Find(named, $"{Variable}={name}")
            : throw new ArgumentException($"The environment variable {Variable} is '{name}'; it may be {string.Join(", ", Enum.GetNames<CpuKernels>())}.");
    }

    /// <summary>Reads a name in any case; numbers are not names.</summary>
    public static bool TryParse(string name, out CpuKernels kernels)
    {
        foreach (CpuKernels candidate in Enum.GetValues<CpuKernels>())
        {
            if (candidate.ToString().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                kernels = candidate;
                return true;
            }
        }

        kernels = default;
        return false;
    }

    /// <summary>For people.</summary>
    public static string Describe(KernelWidth width) => width == KernelWidth.Assembled
        ? $"{(int)KernelTable.Widest}-bit vectors, assembled {(VnniSupport.HasBFloats ? "VNNI and BF16" : "VNNI")} kernels"
        : $"{(int)width}-bit vectors";

    private static KernelWidth Fastest => VnniSupport.IsSupported ? KernelWidth.Assembled : KernelTable.Widest;

    private static KernelWidth ForDefault()
    {
        try
        {
            return Resolve(CpuKernels.Auto);
        }
        catch (Exception error) when (error is PlatformNotSupportedException or ArgumentException)
        {
            return Fastest;
        }
    }

    private static KernelWidth Find(CpuKernels kernels, string asked) => kernels switch
    {
        CpuKernels.Auto => Fastest,
        CpuKernels.Assembled when VnniSupport.IsSupported => KernelWidth.Assembled,
        CpuKernels.Portable => KernelTable.Widest,
        CpuKernels.Vector512 when KernelTable.Widest >= KernelWidth.Bits512 => KernelWidth.Bits512,
        CpuKernels.Vector256 when KernelTable.Widest >= KernelWidth.Bits256 => KernelWidth.Bits256,
        CpuKernels.Vector128 => KernelWidth.Bits128,
        CpuKernels.Assembled => throw new PlatformNotSupportedException($"Kernels {asked}: assembled kernels need AVX-512 VNNI, and Linux or Windows on x86-64."),
        _ => throw new PlatformNotSupportedException($"Kernels {asked}: the widest vectors that this processor has kernels for are of {(int)KernelTable.Widest} bits."),
    };
}

using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu.Assembled;

/// <summary>Whether assembled kernels may be used: 512-bit VNNI, which .NET has no class for, asked of the processor itself.</summary>
internal static class VnniSupport
{
    /// <summary>The processor has the instructions, and the operating system and the runtime let them be used.</summary>
    /// <remarks>That .NET reports AVX-512 also tells that the operating system saves its registers and that its use was not disabled.</remarks>
    public static bool IsSupported { get; } =
        Environment.Is64BitProcess && ExecutableMemory.IsSupported
        && Avx512BW.IsSupported && Avx512DQ.IsSupported && Fma.IsSupported && HasVnni();

    private static bool HasVnni()
    {
        const int StructuredFeatures = 7;
        const int Avx512VnniBit = 11;
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < StructuredFeatures)
            return false;
        return (X86Base.CpuId(StructuredFeatures, 0).Ecx >> Avx512VnniBit & 1) != 0;
    }
}

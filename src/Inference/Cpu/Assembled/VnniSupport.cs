using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu.Assembled;

/// <summary>Whether assembled kernels may be used: 512-bit VNNI, which .NET has no class for, asked of the processor itself.</summary>
internal static unsafe class VnniSupport
{
    /// <summary>The processor has the instructions, and the operating system and the runtime let them be used.</summary>
    /// <remarks>
    /// That .NET reports AVX-512 also tells that the operating system saves its registers and that its use was not disabled. A program
    /// compiled ahead of time reports what it was compiled for, which may be less than this machine has: there the processor is asked.
    /// </remarks>
    public static bool IsSupported { get; } =
        Environment.Is64BitProcess && ExecutableMemory.IsSupported && X86Base.IsSupported
        && (RuntimeFeature.IsDynamicCodeCompiled ? Avx512BW.IsSupported && Avx512DQ.IsSupported && Fma.IsSupported : HasAvx512()) && HasVnni();

    /// <summary>Besides, the processor multiplies pairs of bfloat16.</summary>
    public static bool HasBFloats { get; } = IsSupported && HasBFloatProducts();

    private static bool HasBFloatProducts()
    {
        const int Avx512BFloatBit = 5;
        return StructuredFeatures().Eax >= 1 && (X86Base.CpuId(7, 1).Eax >> Avx512BFloatBit & 1) != 0;
    }

    private static bool HasVnni()
    {
        const int Avx512VnniBit = 11;
        return (StructuredFeatures().Ecx >> Avx512VnniBit & 1) != 0;
    }

    /// <summary>Foundation, double and quad words, bytes and words, and vectors of any length; and an operating system that saves the registers.</summary>
    internal static bool HasAvx512()
    {
        const uint Features = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
        const int SystemSavesBit = 27;
        const ulong SavedRegisters = 0xE6;
        return ((uint)StructuredFeatures().Ebx & Features) == Features
            && (X86Base.CpuId(1, 0).Ecx >> SystemSavesBit & 1) != 0
            && (ReadSavedRegisters() & SavedRegisters) == SavedRegisters;
    }

    private static (int Eax, int Ebx, int Ecx, int Edx) StructuredFeatures()
    {
        const int Leaf = 7;
        return X86Base.CpuId(0, 0).Eax < Leaf ? default : X86Base.CpuId(Leaf, 0);
    }

    // xor ecx, ecx; xgetbv; shl rdx, 32; or rax, rdx; ret. Written down, since the assembler is a long way to go for five instructions.
    private static ulong ReadSavedRegisters()
    {
        nint function = ExecutableMemory.Publish([0x31, 0xC9, 0x0F, 0x01, 0xD0, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3]);
        return function == 0 ? 0 : ((delegate* unmanaged<ulong>)function)();
    }
}

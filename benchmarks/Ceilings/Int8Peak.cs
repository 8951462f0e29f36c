using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Inference.Cpu.Assembled;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Ceilings;

/// <summary>The most 8-bit multiplications and additions that this machine does: dot products of four in the widest registers, all independent.</summary>
/// <remarks>Assembled like the kernels where the processor has 512-bit VNNI; else what .NET has: 256-bit VNNI, or products of pairs.</remarks>
internal static unsafe class Int8Peak
{
    private const int Chains = 20;
    private const int Turns = 2_000_000;

    /// <summary>Measures.</summary>
    /// <param name="threads">Threads.</param>
    /// <returns>Operations a second, a multiplication and an addition being two; null where this processor has none of these instructions.</returns>
    public static double? Measure(int threads)
    {
        nint assembled = HasWideVnni() ? ExecutableMemory.Publish(Assemble()) : 0;
        if (assembled != 0)
            return Rate(threads, Chains * 64, _ => ((delegate* unmanaged<nint, void>)assembled)(Turns));
        if (AvxVnni.IsSupported)
            return Rate(threads, 12 * 32, _ => RunVnni(Turns));
        return Avx2.IsSupported ? Rate(threads, 8 * 32, _ => RunPairs(Turns)) : null;
    }

    private static double Rate(int threads, int productsPerTurn, Action<int> body) =>
        threads * 2.0 * productsPerTurn * Turns / ParallelTimer.Fastest(threads, 20, body);

    private static bool HasWideVnni()
    {
        const int Avx512VnniBit = 11;
        return Avx512BW.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx >> Avx512VnniBit & 1) != 0;
    }

    // void (nint turns)
    private static byte[] Assemble()
    {
        // Registers 6 to 15 belong to the caller on Windows; zmm0 and zmm1 are multiplied.
        AssemblerRegisterZMM[] sums =
        [
            zmm2, zmm3, zmm4, zmm5, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21,
            zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
        ];
        var code = new Assembler(64);
        Label turn = code.CreateLabel();
        code.mov(rax, OperatingSystem.IsWindows() ? rcx : rdi);
        foreach (AssemblerRegisterZMM register in sums.Append(zmm0).Append(zmm1))
            code.vpxord(register, register, register);
        code.Label(ref turn);
        for (int i = 0; i < Chains; i++)
            code.vpdpbusd(sums[i], zmm0, zmm1);
        code.dec(rax);
        code.jnz(turn);
        code.vzeroupper();
        code.ret();
        using var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int RunVnni(int turns)
    {
        Vector256<byte> x = Vector256.Create((byte)1);
        Vector256<sbyte> y = Vector256.Create((sbyte)1);
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default, k = default, l = default;
        for (int turn = 0; turn < turns; turn++)
        {
            a = AvxVnni.MultiplyWideningAndAdd(a, x, y);
            b = AvxVnni.MultiplyWideningAndAdd(b, x, y);
            c = AvxVnni.MultiplyWideningAndAdd(c, x, y);
            d = AvxVnni.MultiplyWideningAndAdd(d, x, y);
            e = AvxVnni.MultiplyWideningAndAdd(e, x, y);
            f = AvxVnni.MultiplyWideningAndAdd(f, x, y);
            g = AvxVnni.MultiplyWideningAndAdd(g, x, y);
            h = AvxVnni.MultiplyWideningAndAdd(h, x, y);
            i = AvxVnni.MultiplyWideningAndAdd(i, x, y);
            j = AvxVnni.MultiplyWideningAndAdd(j, x, y);
            k = AvxVnni.MultiplyWideningAndAdd(k, x, y);
            l = AvxVnni.MultiplyWideningAndAdd(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int RunPairs(int turns)
    {
        Vector256<short> ones = Vector256.Create((short)1);
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        Vector256<byte> x = Vector256.Create((byte)1);
        Vector256<sbyte> y = Vector256.Create((sbyte)1);
        for (int turn = 0; turn < turns; turn++)
        {
            a += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ a.AsSByte()), ones);
            b += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ b.AsSByte()), ones);
            c += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ c.AsSByte()), ones);
            d += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ d.AsSByte()), ones);
            e += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ e.AsSByte()), ones);
            f += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ f.AsSByte()), ones);
            g += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ g.AsSByte()), ones);
            h += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, y ^ h.AsSByte()), ones);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h);
    }
}

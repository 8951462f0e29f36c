using System.Runtime.CompilerServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Cpu.Assembled;

/// <summary>Decodes 16-bit floats with the processor's own instruction, which .NET has no class for. The bits are those of <see cref="HalfConversion"/>.</summary>
internal static unsafe class HalfDecoder
{
    private const int Unroll = 4;

    private static readonly nint _function = VnniSupport.IsSupported ? ExecutableMemory.Publish(Assemble()) : 0;

    /// <summary>Whether the instruction can be used.</summary>
    public static bool IsSupported => _function != 0;

    /// <summary>Decodes runs of 16 halves.</summary>
    /// <param name="source">The first run.</param>
    /// <param name="sourceStep">Bytes from one run to the next.</param>
    /// <param name="destination">Receives 16 floats a run.</param>
    /// <param name="destinationStep">Bytes from one run of floats to the next.</param>
    /// <param name="runs">How many; at least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(ushort* source, nint sourceStep, float* destination, nint destinationStep, nint runs) =>
        ((delegate* unmanaged[SuppressGCTransition]<ushort*, nint, float*, nint, nint, void>)_function)(source, sourceStep, destination, destinationStep, runs);

    private static byte[] Assemble()
    {
        var code = new Assembler(64);
        Label four = code.CreateLabel();
        Label rest = code.CreateLabel();
        Label one = code.CreateLabel();
        Label done = code.CreateLabel();
        // Source, its step, destination, its step and the count in registers that no convention wants preserved.
        if (OperatingSystem.IsWindows())
        {
            code.mov(rax, rcx);
            code.mov(r10, rdx);
            code.mov(r11, r8);
            code.mov(rdx, r9);
            code.mov(rcx, __qword_ptr[rsp + 40]);
        }
        else
        {
            code.mov(rax, rdi);
            code.mov(r10, rsi);
            code.mov(r11, rdx);
            code.mov(rdx, rcx);
            code.mov(rcx, r8);
        }

        code.sub(rcx, Unroll);
        code.jl(rest);
        code.Label(ref four);
        EmitRuns(code, Unroll);
        code.sub(rcx, Unroll);
        code.jge(four);
        code.Label(ref rest);
        code.add(rcx, Unroll);
        code.jz(done);
        code.Label(ref one);
        EmitRuns(code, 1);
        code.dec(rcx);
        code.jnz(one);
        code.Label(ref done);
        code.vzeroupper();
        code.ret();

        using var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private static void EmitRuns(Assembler code, int count)
    {
        for (int i = 0; i < count; i++)
        {
            code.vcvtph2ps(zmm16, __ymmword_ptr[rax]);
            code.vmovups(__zmmword_ptr[r11], zmm16);
            code.add(rax, r10);
            code.add(r11, rdx);
        }
    }
}

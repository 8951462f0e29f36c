using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Inference.Cpu.Assembled;

/// <summary>Entry to and return from an assembled function of one argument that may use every register but the stack pointer.</summary>
internal static class CallFrame
{
    private const int VectorBytes = 16;

    private static readonly AssemblerRegister64[] _kept =
        OperatingSystem.IsWindows() ? [rbx, rbp, rsi, rdi, r12, r13, r14, r15] : [rbx, rbp, r12, r13, r14, r15];

    // The lower parts of these belong to the caller under Windows' convention.
    private static readonly AssemblerRegisterXMM[] _keptVectors =
        OperatingSystem.IsWindows() ? [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15] : [];

    /// <summary>Keeps the caller's registers and moves the argument.</summary>
    public static void Enter(Assembler code, AssemblerRegister64 argument)
    {
        code.mov(argument, OperatingSystem.IsWindows() ? rcx : rdi);
        foreach (AssemblerRegister64 register in _kept)
            code.push(register);
        if (_keptVectors.Length == 0)
            return;
        code.sub(rsp, _keptVectors.Length * VectorBytes);
        for (int i = 0; i < _keptVectors.Length; i++)
            code.vmovups(__xmmword_ptr[rsp + i * VectorBytes], _keptVectors[i]);
    }

    /// <summary>Gives the caller's registers back and returns.</summary>
    public static void Leave(Assembler code)
    {
        // The caller's code may use the older vector encodings, which are slow while upper halves are in use.
        code.vzeroupper();
        for (int i = 0; i < _keptVectors.Length; i++)
            code.vmovups(_keptVectors[i], __xmmword_ptr[rsp + i * VectorBytes]);
        if (_keptVectors.Length > 0)
            code.add(rsp, _keptVectors.Length * VectorBytes);
        for (int i = _kept.Length - 1; i >= 0; i--)
            code.pop(_kept[i]);
        code.ret();
    }
}

using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Matrices of 8 x 8 halves that the 32 threads of a warp load together from shared memory; all of them must take part.</summary>
/// <remarks>
/// PTX ISA, "Warp-level matrix load instruction", <c>ldmatrix</c>. Each thread says where one row of 16 bytes is: threads 0 to 7 those of the first matrix,
/// the next eight those of the second, and so on. Of each matrix it gets word thread mod 4 of row thread / 4, as products in <see cref="TensorCore"/> take it.
/// </remarks>
internal static class MatrixLoad
{
    /// <summary>Four matrices.</summary>
    /// <param name="row">The thread's row, in shared memory, at a multiple of 16 bytes.</param>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe IntQuad Four(ref IntQuad row)
    {
        WarpExchange.Operands* warp = WarpExchange.Share(row, default);
        return new IntQuad { A = Word(warp, 0), B = Word(warp, 1), C = Word(warp, 2), D = Word(warp, 3) };
    }

    /// <summary>Two matrices, whose rows the first 16 threads have; those of the others do not count.</summary>
    /// <param name="row">The thread's row, as above.</param>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe IntPair Two(ref IntQuad row)
    {
        WarpExchange.Operands* warp = WarpExchange.Share(row, default);
        return new IntPair { A = Word(warp, 0), B = Word(warp, 1) };
    }

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (string name in (string[])[nameof(Four), nameof(Two)])
            manager.RegisterMethod(typeof(MatrixLoad).GetMethod(name)!, new PTXIntrinsic(typeof(MatrixLoad), $"{name}Ptx", IntrinsicImplementationMode.GenerateCode));
    }

    private static void FourPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "ldmatrix.sync.aligned.m8n8.x4.shared.b16");

    private static void TwoPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "ldmatrix.sync.aligned.m8n8.x2.shared.b16");

    private static void Emit(PTXCodeGenerator generator, Value value, string instruction)
    {
        PTXRegisterAllocator.HardwareRegister row = StateSpace.Address(generator, value[0], MemoryAddressSpace.Shared);
        PTXRegisterAllocator.PrimitiveRegister[] target = [.. TensorCore.Parts(generator.Allocate(value))];
        using PTXCodeGenerator.CommandEmitter command = generator.BeginCommand(instruction);
        command.AppendVectorArgument(target);
        command.AppendArgumentValue(row);
    }

    private static unsafe int Word(WarpExchange.Operands* warp, int matrix)
    {
        IntQuad row = warp[(matrix * 8) + (Warp.LaneIdx / 4)].First;
        return (Warp.LaneIdx % 4) switch
        {
            0 => row.A,
            1 => row.B,
            2 => row.C,
            _ => row.D,
        };
    }
}

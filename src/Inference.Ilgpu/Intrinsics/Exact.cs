using System.Runtime.CompilerServices;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Operations on floats that a compiler neither fuses nor splits: two kernels that write the same ones compute the same bits.</summary>
/// <remarks>A plain product and sum may become one fused operation in one kernel and stay two in another.</remarks>
internal static class Exact
{
    /// <summary>x times y plus z, rounded once.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float MultiplyAdd(float x, float y, float z) => MathF.FusedMultiplyAdd(x, y, z);

    /// <summary>x plus y, never part of a fused operation.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Add(float x, float y) => x + y;

    /// <summary>x times y, never part of a fused operation.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Multiply(float x, float y) => x * y;

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (string name in (string[])[nameof(MultiplyAdd), nameof(Add), nameof(Multiply)])
        {
            manager.RegisterMethod(typeof(Exact).GetMethod(name)!, new PTXIntrinsic(typeof(Exact), $"{name}Ptx", IntrinsicImplementationMode.GenerateCode));
            manager.RegisterMethod(typeof(Exact).GetMethod(name)!, new CLIntrinsic(typeof(Exact), $"{name}CL", IntrinsicImplementationMode.GenerateCode));
        }
    }

    private static void MultiplyAddPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "fma.rn.f32");

    private static void AddPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "add.rn.f32");

    private static void MultiplyPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "mul.rn.f32");

    private static void Emit(PTXCodeGenerator generator, Value value, string instruction)
    {
        var arguments = new PTXRegisterAllocator.PrimitiveRegister[value.Count];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = generator.LoadPrimitive(value[i]);
        PTXRegisterAllocator.HardwareRegister target = generator.AllocateHardware(value);
        using PTXCodeGenerator.CommandEmitter command = generator.BeginCommand(instruction);
        command.AppendArgument(target);
        foreach (PTXRegisterAllocator.PrimitiveRegister argument in arguments)
            command.AppendArgument(argument);
    }

    private static void MultiplyAddCL(CLBackend backend, CLCodeGenerator generator, Value value) => Emit(generator, value, "fma(", ", ", ")");

    // OpenCL C fuses only where it is told that it may, and ILGPU does not tell it so for sums of calls' results.
    private static void AddCL(CLBackend backend, CLCodeGenerator generator, Value value) => Emit(generator, value, "(", " + ", ")");

    private static void MultiplyCL(CLBackend backend, CLCodeGenerator generator, Value value) => Emit(generator, value, "(", " * ", ")");

    private static void Emit(CLCodeGenerator generator, Value value, string before, string between, string after)
    {
        var arguments = new CLVariableAllocator.Variable[value.Count];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = generator.Load(value[i]);
        CLVariableAllocator.Variable target = generator.Allocate(value);
        using CLCodeGenerator.StatementEmitter statement = generator.BeginStatement(target);
        for (int i = 0; i < arguments.Length; i++)
        {
            statement.AppendCommand(i == 0 ? before : between);
            statement.Append(arguments[i]);
        }

        statement.AppendCommand(after);
    }
}

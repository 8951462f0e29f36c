using System.Runtime.CompilerServices;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Two floats as the halves of a word.</summary>
internal static class HalfPair
{
    /// <summary>Rounds to the nearest 16-bit floats, ties to even; on cards one instruction.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Of(float lower, float upper) => Bytes.ToHalf(lower) | Bytes.ToHalf(upper) << 16;

    public static void Register(IntrinsicImplementationManager manager) =>
        manager.RegisterMethod(typeof(HalfPair).GetMethod(nameof(Of))!, new PTXIntrinsic(typeof(HalfPair), nameof(OfPtx), IntrinsicImplementationMode.GenerateCode));

    private static void OfPtx(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        PTXRegisterAllocator.PrimitiveRegister lower = generator.LoadPrimitive(value[0]), upper = generator.LoadPrimitive(value[1]);
        PTXRegisterAllocator.HardwareRegister target = generator.AllocateHardware(value);
        using PTXCodeGenerator.CommandEmitter command = generator.BeginCommand("cvt.rn.f16x2.f32");
        command.AppendArgument(target);
        command.AppendArgument(upper);
        command.AppendArgument(lower);
    }
}

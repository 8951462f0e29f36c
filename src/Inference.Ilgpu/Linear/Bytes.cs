using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Words as four signed bytes, and halves of words as 16-bit floats.</summary>
internal static class Bytes
{
    /// <summary>The signed byte of a word.</summary>
    public static int Signed(int word, int index) => word << (24 - index * 8) >> 24;

    /// <summary>The sum of the products of four signed bytes each.</summary>
    public static int Dot(int first, int second) =>
        Signed(first, 0) * Signed(second, 0) + Signed(first, 1) * Signed(second, 1) + Signed(first, 2) * Signed(second, 2) + Signed(first, 3) * Signed(second, 3);

    /// <summary>The 16-bit float of the bits, exactly.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Half(int bits) => HalfByIntegers(bits);

    /// <summary>The same where the accelerator lacks the type.</summary>
    public static float HalfByIntegers(int bits)
    {
        // The exponents' difference as a factor, so that subnormal numbers come out right as well.
        float magnitude = ILGPU.Interop.IntAsFloat((uint)((bits & 0x7FFF) << 13)) * 5.192296858534828e33f;
        if ((bits & 0x7C00) == 0x7C00)
            magnitude = ILGPU.Interop.IntAsFloat((uint)(0x7F800000 | (bits & 0x3FF) << 13));
        return (bits & 0x8000) != 0 ? -magnitude : magnitude;
    }

    /// <summary>The lower (0) or upper (1) half of a word as a 16-bit float.</summary>
    public static float Half(int word, int half) => Half((word >> (half * 16)) & 0xFFFF);

    /// <summary>The lower (0) or upper (1) half of a word as the upper half of a float.</summary>
    public static float BFloat(int word, int half) => ILGPU.Interop.IntAsFloat((uint)(half == 0 ? word << 16 : word & ~0xFFFF));

    /// <summary>The bits of the nearest 16-bit float, ties to even.</summary>
    public static int ToHalf(float value)
    {
        uint bits = ILGPU.Interop.FloatAsInt(value);
        uint sign = bits >> 16 & 0x8000u;
        uint magnitude = bits & 0x7FFFFFFFu;
        // Rounded as an integer: half a unit of the last place less one, and one more where that place is odd.
        uint result = (magnitude - 0x38000000u + 0xFFFu + (magnitude >> 13 & 1u)) >> 13;
        // Below the smallest normal number adding 0.5 leaves what remains of it, rounded, in the lowest bits.
        if (magnitude < 0x38800000u)
            result = ILGPU.Interop.FloatAsInt(ILGPU.Interop.IntAsFloat(magnitude) + 0.5f) - 0x3F000000u;
        if (magnitude >= 0x47800000u)
            result = 0x7C00u;
        if (magnitude > 0x7F800000u)
            result = 0x7E00u;
        return (int)(result | sign);
    }

    public static void Register(IntrinsicImplementationManager manager)
    {
        MethodInfo half = typeof(Bytes).GetMethod(nameof(Half), [typeof(int)])!;
        manager.RegisterMethod(half, new PTXIntrinsic(typeof(Bytes), nameof(HalfPtx), IntrinsicImplementationMode.GenerateCode));
        manager.RegisterMethod(half, new CLIntrinsic(typeof(Bytes), nameof(HalfByIntegers), IntrinsicImplementationMode.Redirect));
    }

    private static void HalfPtx(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        PTXRegisterAllocator.HardwareRegister bits = generator.EnsureHardwareRegister(generator.LoadPrimitive(value[0]));
        PTXRegisterAllocator.HardwareRegister half = generator.AllocateRegister(BasicValueType.Int16, PTXRegisterKind.Int16);
        PTXRegisterAllocator.HardwareRegister target = generator.AllocateHardware(value);
        using (PTXCodeGenerator.CommandEmitter narrow = generator.BeginCommand("cvt.u16.u32"))
        {
            narrow.AppendArgument(half);
            narrow.AppendArgument(bits);
        }

        using (PTXCodeGenerator.CommandEmitter widen = generator.BeginCommand("cvt.f32.f16"))
        {
            widen.AppendArgument(target);
            widen.AppendArgument(half);
        }

        generator.FreeRegister(half);
    }
}

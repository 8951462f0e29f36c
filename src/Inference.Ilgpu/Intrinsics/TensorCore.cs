using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Products of small matrices that the 32 threads of a warp compute together; all of them must take part.</summary>
/// <remarks>
/// <para>PTX ISA, "Warp-level matrix instructions", <c>mma.sync</c>. With g = thread / 4 and t = thread mod 4: a thread has of the first operand
/// row g and row g + 8, of the second column g, and of the result the columns 2 t and 2 t + 1 of both rows. A word is four bytes or two
/// halves along the depth, the words of the four threads of a group follow each other, and where there are two words a row, the second
/// continues behind those of all four.</para>
/// <para>Elsewhere than on a card the bodies compute the same, one thread of the system for each of the warp. Sums of integers are exact everywhere. The sums of floats are
/// not: the card adds in an order of its own, the bodies in double precision.</para>
/// </remarks>
internal static class TensorCore
{
    /// <summary>16 x 32 times 32 x 8 signed bytes, added to <paramref name="sum"/>.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe IntQuad Bytes32(IntQuad first, IntPair second, IntQuad sum)
    {
        WarpExchange.Operands* warp = WarpExchange.Share(first, second);
        (int g, int t) = (Warp.LaneIdx / 4, Warp.LaneIdx % 4);
        for (int i = 0; i < 4; i++)
        {
            IntQuad rows = warp[(g * 4) + i].First;
            IntPair left = warp[(t * 8) + i].Second, right = warp[(t * 8) + 4 + i].Second;
            sum.A += Dot(rows.A, left.A) + Dot(rows.C, left.B);
            sum.B += Dot(rows.A, right.A) + Dot(rows.C, right.B);
            sum.C += Dot(rows.B, left.A) + Dot(rows.D, left.B);
            sum.D += Dot(rows.B, right.A) + Dot(rows.D, right.B);
        }

        return sum;
    }

    /// <summary>16 x 16 times 16 x 8 signed bytes, added to <paramref name="sum"/>.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IntQuad Bytes16(IntPair first, int second, IntQuad sum) =>
        Bytes32(new IntQuad { A = first.A, B = first.B }, new IntPair { A = second }, sum);

    /// <summary>16 x 16 times 16 x 8 halves, added to <paramref name="sum"/>.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static FloatQuad Halves(IntQuad first, IntPair second, FloatQuad sum) => Floats(first, second, sum, 0);

    /// <summary>16 x 16 times 16 x 8 upper halves of floats, added to <paramref name="sum"/>.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static FloatQuad BFloats(IntQuad first, IntPair second, FloatQuad sum) => Floats(first, second, sum, 1);

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (string name in (string[])[nameof(Bytes32), nameof(Bytes16), nameof(Halves), nameof(BFloats)])
            manager.RegisterMethod(typeof(TensorCore).GetMethod(name)!, new PTXIntrinsic(typeof(TensorCore), $"{name}Ptx", IntrinsicImplementationMode.GenerateCode));
    }

    private static void Bytes32Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32");

    private static void Bytes16Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32");

    private static void HalvesPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32");

    private static void BFloatsPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => Emit(generator, value, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32");

    private static void Emit(PTXCodeGenerator generator, Value value, string instruction)
    {
        var arguments = new PTXRegisterAllocator.PrimitiveRegister[value.Count][];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = [.. Parts(generator.Load(value[i])).Select(generator.EnsureHardwareRegister)];
        PTXRegisterAllocator.PrimitiveRegister[] target = [.. Parts(generator.Allocate(value))];
        using PTXCodeGenerator.CommandEmitter command = generator.BeginCommand(instruction);
        command.AppendVectorArgument(target);
        foreach (PTXRegisterAllocator.PrimitiveRegister[] argument in arguments)
            command.AppendVectorArgument(argument);
    }

    /// <summary>The registers that a value is in, those of a structure in the order of its fields.</summary>
    public static IEnumerable<PTXRegisterAllocator.PrimitiveRegister> Parts(PTXRegisterAllocator.Register register) => register switch
    {
        PTXRegisterAllocator.CompoundRegister compound => compound.Children.SelectMany(Parts),
        _ => [(PTXRegisterAllocator.PrimitiveRegister)register],
    };

    private static int Dot(int first, int second)
    {
        int sum = 0;
        for (int shift = 0; shift < 32; shift += 8)
            sum += (sbyte)(first >> shift) * (sbyte)(second >> shift);
        return sum;
    }

    private static unsafe FloatQuad Floats(IntQuad first, IntPair second, FloatQuad sum, int isBFloat)
    {
        WarpExchange.Operands* warp = WarpExchange.Share(first, second);
        (int g, int t) = (Warp.LaneIdx / 4, Warp.LaneIdx % 4);
        double a = 0, b = 0, c = 0, d = 0;
        for (int i = 0; i < 4; i++)
        {
            IntQuad rows = warp[(g * 4) + i].First;
            IntPair left = warp[(t * 8) + i].Second, right = warp[(t * 8) + 4 + i].Second;
            a += Dot(rows.A, left.A, isBFloat) + Dot(rows.C, left.B, isBFloat);
            b += Dot(rows.A, right.A, isBFloat) + Dot(rows.C, right.B, isBFloat);
            c += Dot(rows.B, left.A, isBFloat) + Dot(rows.D, left.B, isBFloat);
            d += Dot(rows.B, right.A, isBFloat) + Dot(rows.D, right.B, isBFloat);
        }

        return new FloatQuad { A = (float)(sum.A + a), B = (float)(sum.B + b), C = (float)(sum.C + c), D = (float)(sum.D + d) };
    }

    private static double Dot(int first, int second, int isBFloat) =>
        ((double)Value(first, isBFloat) * Value(second, isBFloat)) + ((double)Value(first >> 16, isBFloat) * Value(second >> 16, isBFloat));

    private static float Value(int bits, int isBFloat) =>
        isBFloat != 0 ? BitConverter.Int32BitsToSingle(bits << 16) : (float)BitConverter.UInt16BitsToHalf((ushort)bits);
}

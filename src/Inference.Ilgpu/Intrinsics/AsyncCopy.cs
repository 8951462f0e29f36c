using System.Runtime.CompilerServices;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Copies from global to shared memory that go on while the thread computes, in groups that end in order.</summary>
/// <remarks>
/// PTX ISA, "Data Movement and Conversion Instructions: Asynchronous copy", <c>cp.async</c>. A wait sees to the thread's own copies: those of others are there
/// after <see cref="ILGPU.Group.Barrier"/>. Elsewhere than on a card a copy is over when the call returns, and waits are for nothing.
/// </remarks>
internal static class AsyncCopy
{
    /// <summary>Begins to copy 16 bytes, past the cache of the first level; both addresses are multiples of 16.</summary>
    /// <param name="source">In global memory.</param>
    /// <param name="target">In shared memory.</param>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Copy16(ref IntQuad source, ref IntQuad target) => target = source;

    /// <summary>Begins to copy 8 bytes; both addresses are multiples of 8.</summary>
    /// <param name="source">In global memory.</param>
    /// <param name="target">In shared memory.</param>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Copy8(ref IntPair source, ref IntPair target) => target = source;

    /// <summary>Ends a group: the copies that the thread has begun since the last.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Commit()
    {
    }

    /// <summary>Waits for all groups but the last one.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Wait1()
    {
    }

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (string name in (string[])[nameof(Copy16), nameof(Copy8), nameof(Commit), nameof(Wait1)])
            manager.RegisterMethod(typeof(AsyncCopy).GetMethod(name)!, new PTXIntrinsic(typeof(AsyncCopy), $"{name}Ptx", IntrinsicImplementationMode.GenerateCode));
    }

    private static void Copy16Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => EmitCopy(generator, value, "cp.async.cg.shared.global", 16);

    // Fewer bytes than 16 go through the cache of the first level only.
    private static void Copy8Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => EmitCopy(generator, value, "cp.async.ca.shared.global", 8);

    private static void EmitCopy(PTXCodeGenerator generator, Value value, string instruction, int bytes)
    {
        PTXRegisterAllocator.HardwareRegister source = StateSpace.Address(generator, value[0], MemoryAddressSpace.Global);
        PTXRegisterAllocator.HardwareRegister target = StateSpace.Address(generator, value[1], MemoryAddressSpace.Shared);
        using PTXCodeGenerator.CommandEmitter command = generator.BeginCommand(instruction);
        command.AppendArgumentValue(target);
        command.AppendArgumentValue(source);
        command.AppendConstant(bytes);
    }

    private static void CommitPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.commit_group");

    private static void Wait1Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.wait_group 1");
}

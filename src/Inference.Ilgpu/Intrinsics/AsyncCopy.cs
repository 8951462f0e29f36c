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

    /// <summary>Ends a group: the copies that the thread has begun since the last.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Commit()
    {
    }

    /// <summary>Waits for all groups of the thread.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Wait0()
    {
    }

    /// <summary>Waits for all groups but the last one.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Wait1()
    {
    }

    /// <summary>Waits for all groups but the last two.</summary>
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Wait2()
    {
    }

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (string name in (string[])[nameof(Copy16), nameof(Commit), nameof(Wait0), nameof(Wait1), nameof(Wait2)])
            manager.RegisterMethod(typeof(AsyncCopy).GetMethod(name)!, new PTXIntrinsic(typeof(AsyncCopy), $"{name}Ptx", IntrinsicImplementationMode.GenerateCode));
    }

    private static void Copy16Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        PTXRegisterAllocator.HardwareRegister source = StateSpace.Address(generator, value[0], MemoryAddressSpace.Global);
        PTXRegisterAllocator.HardwareRegister target = StateSpace.Address(generator, value[1], MemoryAddressSpace.Shared);
        using PTXCodeGenerator.CommandEmitter command = generator.BeginCommand("cp.async.cg.shared.global");
        command.AppendArgumentValue(target);
        command.AppendArgumentValue(source);
        command.AppendConstant(16);
    }

    private static void CommitPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.commit_group");

    private static void Wait0Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.wait_group 0");

    private static void Wait1Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.wait_group 1");

    private static void Wait2Ptx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.wait_group 2");
}

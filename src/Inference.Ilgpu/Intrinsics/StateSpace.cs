using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Types;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Addresses for instructions that name the memory they work on.</summary>
internal static class StateSpace
{
    /// <summary>Takes the address that an intrinsic's operand refers to.</summary>
    /// <remarks>
    /// ILGPU finds out where a reference leads and then passes it as an address in that space; to convert it once more would take the space's start
    /// away twice, to which no assembler objects. So one that could lead anywhere is refused.
    /// </remarks>
    /// <param name="generator">Of the kernel.</param>
    /// <param name="reference">The operand.</param>
    /// <param name="space">Where it must lead.</param>
    /// <exception cref="NotSupportedException">It leads elsewhere.</exception>
    public static PTXRegisterAllocator.HardwareRegister Address(PTXCodeGenerator generator, Value reference, MemoryAddressSpace space) =>
        reference.Type is AddressSpaceType type && type.AddressSpace == space
            ? generator.EnsureHardwareRegister(generator.LoadPrimitive(reference))
            : throw new NotSupportedException($"An operand must be known to be in {space} memory; it is {reference.Type}.");
}

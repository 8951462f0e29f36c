using System.Runtime.Intrinsics;

namespace Inference.Cpu.Linear;

/// <summary>One register width. A register is a number of 32-bit lanes, and each lane belongs to one row of a panel.</summary>
/// <remarks>
/// Every width computes the same bits in a lane: integer operations here never overflow or saturate, and float operations are the
/// correctly rounded ones of IEEE 754. The register type is untyped bits; an operation's name says how it reads them.
/// </remarks>
/// <typeparam name="T">The register: a vector of bytes.</typeparam>
internal unsafe interface ILanes<T>
    where T : unmanaged
{
    /// <summary>32-bit lanes in a register; divides <see cref="PanelLayout.Rows"/>.</summary>
    static abstract int Count { get; }

    static abstract T Load(byte* source);

    static abstract void Store(T value, float* destination);

    /// <summary>The four bytes at the address, in every lane.</summary>
    static abstract T Repeat(byte* source);

    /// <summary>16 bytes, in every 16 bytes of the register.</summary>
    static abstract T Repeat(Vector128<byte> table);

    static abstract T RepeatInt16(short value);

    /// <summary>Every byte shifted by a constant and masked, so that no bit of a neighbour is left.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="shift">Bits to the right, -7 to 7.</param>
    /// <param name="mask">The bits that are kept, after the shift.</param>
    static abstract T Bits(T bytes, int shift, byte mask);

    static abstract T Or(T left, T right);

    /// <summary>For every byte, 0 to 15, the entry of a repeated table.</summary>
    static abstract T LookUp(T table, T indices);

    /// <summary>Products of unsigned and signed bytes, neighbours added to one 16-bit integer.</summary>
    /// <param name="codes">0 to 63, so that no sum leaves 16 bits.</param>
    /// <param name="inputs">-127 to 127.</param>
    static abstract T DotBytes(T codes, T inputs);

    /// <summary>Products of 16-bit integers, neighbours added to one 32-bit integer.</summary>
    static abstract T DotInt16(T left, T right);

    static abstract T AddInt16(T left, T right);

    /// <summary>Shifts 16-bit integers to the left by a constant.</summary>
    static abstract T ShiftInt16(T value, int count);

    static abstract T AddInt32(T left, T right);

    static abstract T Int32ToSingle(T value);

    static abstract T Add(T left, T right);

    static abstract T Multiply(T left, T right);

    /// <summary>left * right + addend, rounded once.</summary>
    static abstract T MultiplyAdd(T left, T right, T addend);

    /// <summary>Widens two signed bytes a lane into the two 16-bit halves of the lane.</summary>
    static abstract T LoadPairs(byte* lower, byte* upper);

    /// <summary>Widens four bits of two bytes a lane into the two 16-bit halves of the lane.</summary>
    /// <param name="lower">The bytes for the lower halves.</param>
    /// <param name="upper">The bytes for the upper halves.</param>
    /// <param name="shift">The lowest of the bits.</param>
    static abstract T LoadNibblePairs(byte* lower, byte* upper, int shift);

    /// <summary>Converts one signed byte a lane to a float.</summary>
    static abstract T LoadSBytesAsSingle(byte* source);

    /// <summary>Converts one IEEE half a lane.</summary>
    static abstract T LoadHalves(byte* source);

    /// <summary>Converts one <see cref="PanelHalf"/> a lane.</summary>
    static abstract T LoadPanelHalves(byte* source);

    /// <summary>Converts one bfloat16 a lane.</summary>
    static abstract T LoadBFloats(byte* source);

    /// <summary>Converts the bfloat16 in the lower half of each lane.</summary>
    static abstract T LowerBFloats(T pairs);

    /// <summary>Converts the bfloat16 in the upper half of each lane.</summary>
    static abstract T UpperBFloats(T pairs);
}

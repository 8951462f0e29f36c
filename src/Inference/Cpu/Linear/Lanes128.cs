using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu.Linear;

/// <summary>4 lanes, a quarter of a panel: SSE, NEON, and in software where a machine has neither.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<byte>>
{

    public static int Count => Vector128<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(byte* source) => Vector128.Load(source);

    public static void Store(Vector128<byte> value, float* destination) => value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Repeat(byte* source) => Vector128.Create(Unsafe.ReadUnaligned<int>(source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Repeat(Vector128<byte> table) => table;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> RepeatInt16(short value) => Vector128.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Bits(Vector128<byte> bytes, int shift, byte mask) =>
        (shift < 0 ? bytes.AsUInt16() << -shift : shift > 0 ? bytes.AsUInt16() >>> shift : bytes.AsUInt16()).AsByte() & Vector128.Create(mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Or(Vector128<byte> left, Vector128<byte> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LookUp(Vector128<byte> table, Vector128<byte> indices) => Vector128.Shuffle(table, indices);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> DotBytes(Vector128<byte> codes, Vector128<byte> inputs)
    {
        if (Ssse3.IsSupported)
            return Ssse3.MultiplyAddAdjacent(codes, inputs.AsSByte()).AsByte();

        if (AdvSimd.Arm64.IsSupported)
        {
            // Codes are below 128, so they are signed bytes as well.
            Vector128<short> lower = AdvSimd.MultiplyWideningLower(codes.AsSByte().GetLower(), inputs.AsSByte().GetLower());
            Vector128<short> upper = AdvSimd.MultiplyWideningUpper(codes.AsSByte(), inputs.AsSByte());
            return AdvSimd.Arm64.AddPairwise(lower, upper).AsByte();
        }

        Vector128<short> even = (codes.AsInt16() & Vector128.Create((short)0xff)) * (inputs.AsInt16() << 8 >> 8);
        return (even + (codes.AsUInt16() >>> 8).AsInt16() * (inputs.AsInt16() >> 8)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> DotInt16(Vector128<byte> left, Vector128<byte> right)
    {
        if (Sse2.IsSupported)
            return Sse2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16()).AsByte();

        Vector128<int> even = (left.AsInt32() << 16 >> 16) * (right.AsInt32() << 16 >> 16);
        return (even + (left.AsInt32() >> 16) * (right.AsInt32() >> 16)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddInt16(Vector128<byte> left, Vector128<byte> right) => (left.AsInt16() + right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ShiftInt16(Vector128<byte> value, int count) => (value.AsInt16() << count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> AddInt32(Vector128<byte> left, Vector128<byte> right) => (left.AsInt32() + right.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Int32ToSingle(Vector128<byte> value) => Vector128.ConvertToSingle(value.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Add(Vector128<byte> left, Vector128<byte> right) => (left.AsSingle() + right.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Multiply(Vector128<byte> left, Vector128<byte> right) => (left.AsSingle() * right.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAdd(Vector128<byte> left, Vector128<byte> right, Vector128<byte> addend) =>
        Vector128.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadPairs(byte* lower, byte* upper) =>
        (LoadSBytes(lower) & Vector128.Create(0xffff) | LoadSBytes(upper) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadNibblePairs(byte* lower, byte* upper, int shift) =>
        ((LoadSBytes(lower) >> shift & Vector128.Create(0x0f)) | (LoadSBytes(upper) >> shift & Vector128.Create(0x0f)) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadSBytesAsSingle(byte* source) => Vector128.ConvertToSingle(LoadSBytes(source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> LoadSBytes(byte* source) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(source)).AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> LoadUInt16(byte* source) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(source)).AsUInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadBFloats(byte* source) => (LoadUInt16(source) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LowerBFloats(Vector128<byte> pairs) => (pairs.AsUInt32() << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> UpperBFloats(Vector128<byte> pairs) => (pairs.AsUInt32() & Vector128.Create(0xffff0000u)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadPanelHalves(byte* source)
    {
        Vector128<int> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(source)).AsInt16());
        return ((wide << 13 & Vector128.Create(PanelHalf.Mask)).AsSingle() * Vector128.Create(PanelHalf.Unit)).AsByte();
    }

    // By addition and not by multiplication, which is slow for subnormal numbers on some processors; see HalfConversion.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadHalves(byte* source)
    {
        Vector128<uint> bits = LoadUInt16(source);
        Vector128<uint> magnitude = (bits & Vector128.Create(0x7fffu)) << 13;
        Vector128<uint> smallest = Vector128.Create((127u - 14) << 23);
        Vector128<uint> subnormal = ((magnitude + smallest).AsSingle() - smallest.AsSingle()).AsUInt32();
        Vector128<uint> normal = magnitude + Vector128.Create((127u - 15) << 23);
        Vector128<uint> result = Vector128.ConditionalSelect(Vector128.LessThan(magnitude, Vector128.Create(1u << 23)), subnormal, normal);
        result |= Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(0x7c00u << 13)) & Vector128.Create(0xffu << 23);
        return (result | (bits & Vector128.Create(0x8000u)) << 16).AsByte();
    }
}

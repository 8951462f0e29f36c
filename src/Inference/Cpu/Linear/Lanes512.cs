using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu.Linear;

/// <summary>16 lanes, all rows of a panel: AVX-512 with its byte and word instructions.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<byte>>
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public static int Count => Vector512<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load(byte* source) => Vector512.Load(source);

    public static void Store(Vector512<byte> value, float* destination) => value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Repeat(byte* source) => Vector512.Create(Unsafe.ReadUnaligned<int>(source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Repeat(Vector128<byte> table) => Vector512.Create(Vector256.Create(table, table), Vector256.Create(table, table));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> RepeatInt16(short value) => Vector512.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Bits(Vector512<byte> bytes, int shift, byte mask) =>
        (shift < 0 ? bytes.AsUInt16() << -shift : shift > 0 ? bytes.AsUInt16() >>> shift : bytes.AsUInt16()).AsByte() & Vector512.Create(mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Or(Vector512<byte> left, Vector512<byte> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LookUp(Vector512<byte> table, Vector512<byte> indices) => Avx512BW.Shuffle(table, indices);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> DotBytes(Vector512<byte> codes, Vector512<byte> inputs) =>
        Avx512BW.MultiplyAddAdjacent(codes, inputs.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> DotInt16(Vector512<byte> left, Vector512<byte> right) =>
        Avx512BW.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddInt16(Vector512<byte> left, Vector512<byte> right) => (left.AsInt16() + right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> ShiftInt16(Vector512<byte> value, int count) => (value.AsInt16() << count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AddInt32(Vector512<byte> left, Vector512<byte> right) => (left.AsInt32() + right.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Int32ToSingle(Vector512<byte> value) => Vector512.ConvertToSingle(value.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Add(Vector512<byte> left, Vector512<byte> right) => (left.AsSingle() + right.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Multiply(Vector512<byte> left, Vector512<byte> right) => (left.AsSingle() * right.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAdd(Vector512<byte> left, Vector512<byte> right, Vector512<byte> addend) =>
        Vector512.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadPairs(byte* lower, byte* upper) =>
        (LoadSBytes(lower) & Vector512.Create(0xffff) | LoadSBytes(upper) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadNibblePairs(byte* lower, byte* upper, int shift) =>
        ((LoadSBytes(lower) >> shift & Vector512.Create(0x0f)) | (LoadSBytes(upper) >> shift & Vector512.Create(0x0f)) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadSBytesAsSingle(byte* source) => Vector512.ConvertToSingle(LoadSBytes(source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LoadSBytes(byte* source) => Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> LoadUInt16(byte* source) => Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadBFloats(byte* source) => (LoadUInt16(source) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LowerBFloats(Vector512<byte> pairs) => (pairs.AsUInt32() << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UpperBFloats(Vector512<byte> pairs) => (pairs.AsUInt32() & Vector512.Create(0xffff0000u)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadPanelHalves(byte* source)
    {
        Vector512<int> wide = Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source));
        return ((wide << 13 & Vector512.Create(PanelHalf.Mask)).AsSingle() * Vector512.Create(PanelHalf.Unit)).AsByte();
    }

    // By addition and not by multiplication, which is slow for subnormal numbers on some processors; see HalfConversion.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LoadHalves(byte* source)
    {
        Vector512<uint> bits = LoadUInt16(source);
        Vector512<uint> magnitude = (bits & Vector512.Create(0x7fffu)) << 13;
        Vector512<uint> smallest = Vector512.Create((127u - 14) << 23);
        Vector512<uint> subnormal = ((magnitude + smallest).AsSingle() - smallest.AsSingle()).AsUInt32();
        Vector512<uint> normal = magnitude + Vector512.Create((127u - 15) << 23);
        Vector512<uint> result = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(1u << 23)), subnormal, normal);
        result |= Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x7c00u << 13)) & Vector512.Create(0xffu << 23);
        return (result | (bits & Vector512.Create(0x8000u)) << 16).AsByte();
    }
}

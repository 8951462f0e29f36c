using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Cpu.Linear;

/// <summary>8 lanes, half a panel: AVX2.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<byte>>
{
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Count => Vector256<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* source) => Vector256.Load(source);

    public static void Store(Vector256<byte> value, float* destination) => value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Repeat(byte* source) => Vector256.Create(Unsafe.ReadUnaligned<int>(source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Repeat(Vector128<byte> table) => Vector256.Create(table, table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> RepeatInt16(short value) => Vector256.Create(value).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Bits(Vector256<byte> bytes, int shift, byte mask) =>
        (shift < 0 ? bytes.AsUInt16() << -shift : shift > 0 ? bytes.AsUInt16() >>> shift : bytes.AsUInt16()).AsByte() & Vector256.Create(mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Or(Vector256<byte> left, Vector256<byte> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LookUp(Vector256<byte> table, Vector256<byte> indices) => Avx2.Shuffle(table, indices);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> DotBytes(Vector256<byte> codes, Vector256<byte> inputs) =>
        Avx2.MultiplyAddAdjacent(codes, inputs.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> DotInt16(Vector256<byte> left, Vector256<byte> right) =>
        Avx2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddInt16(Vector256<byte> left, Vector256<byte> right) => (left.AsInt16() + right.AsInt16()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> ShiftInt16(Vector256<byte> value, int count) => (value.AsInt16() << count).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> AddInt32(Vector256<byte> left, Vector256<byte> right) => (left.AsInt32() + right.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Int32ToSingle(Vector256<byte> value) => Vector256.ConvertToSingle(value.AsInt32()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Add(Vector256<byte> left, Vector256<byte> right) => (left.AsSingle() + right.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Multiply(Vector256<byte> left, Vector256<byte> right) => (left.AsSingle() * right.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAdd(Vector256<byte> left, Vector256<byte> right, Vector256<byte> addend) =>
        Vector256.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadPairs(byte* lower, byte* upper) =>
        (LoadSBytes(lower) & Vector256.Create(0xffff) | LoadSBytes(upper) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadNibblePairs(byte* lower, byte* upper, int shift) =>
        ((LoadSBytes(lower) >> shift & Vector256.Create(0x0f)) | (LoadSBytes(upper) >> shift & Vector256.Create(0x0f)) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadSBytesAsSingle(byte* source) => Vector256.ConvertToSingle(LoadSBytes(source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> LoadSBytes(byte* source) => Avx2.ConvertToVector256Int32((sbyte*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> LoadUInt16(byte* source) => Avx2.ConvertToVector256Int32((ushort*)source).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadBFloats(byte* source) => (LoadUInt16(source) << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LowerBFloats(Vector256<byte> pairs) => (pairs.AsUInt32() << 16).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> UpperBFloats(Vector256<byte> pairs) => (pairs.AsUInt32() & Vector256.Create(0xffff0000u)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadPanelHalves(byte* source)
    {
        Vector256<int> wide = Avx2.ConvertToVector256Int32((short*)source);
        return ((wide << 13 & Vector256.Create(PanelHalf.Mask)).AsSingle() * Vector256.Create(PanelHalf.Unit)).AsByte();
    }

    // By addition and not by multiplication, which is slow for subnormal numbers on some processors; see HalfConversion.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LoadHalves(byte* source)
    {
        Vector256<uint> bits = LoadUInt16(source);
        Vector256<uint> magnitude = (bits & Vector256.Create(0x7fffu)) << 13;
        Vector256<uint> smallest = Vector256.Create((127u - 14) << 23);
        Vector256<uint> subnormal = ((magnitude + smallest).AsSingle() - smallest.AsSingle()).AsUInt32();
        Vector256<uint> normal = magnitude + Vector256.Create((127u - 15) << 23);
        Vector256<uint> result = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(1u << 23)), subnormal, normal);
        result |= Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7c00u << 13)) & Vector256.Create(0xffu << 23);
        return (result | (bits & Vector256.Create(0x8000u)) << 16).AsByte();
    }
}

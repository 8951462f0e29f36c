using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>A quantised type, given its layout.</summary>
internal sealed class PackedCodec<TLayout>() : BlockCodec(TLayout.BlockSize, TLayout.BlockBytes)
    where TLayout : struct, IBlockLayout
{
    public override bool IsQuantized => true;

    public override bool CanQuantize => TLayout.CanQuantize;

    public override int GroupSize => TLayout.GroupSize;

    public override int Zero => TLayout.Zero;

    public override bool HasMinima => TLayout.HasMinima;

    public override int CodeBits => TLayout.CodeBits;

    public override void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        int groups = TLayout.BlockSize / TLayout.GroupSize;
        minima = minima[..groups];
        if (!TLayout.HasMinima)
            minima.Clear();
        TLayout.Unpack(block[..TLayout.BlockBytes], codes[..TLayout.BlockSize], scales[..groups], minima);
    }

    [SkipLocalsInit]
    public override void Dequantize(ReadOnlySpan<byte> source, Span<float> destination)
    {
        int groups = TLayout.BlockSize / TLayout.GroupSize;
        Span<byte> codes = stackalloc byte[TLayout.BlockSize];
        Span<float> scales = stackalloc float[groups];
        Span<float> minima = stackalloc float[groups];
        for (; source.Length >= TLayout.BlockBytes; source = source[TLayout.BlockBytes..])
        {
            TLayout.Unpack(source[..TLayout.BlockBytes], codes, scales, minima);
            for (int group = 0; group < groups; group++)
            {
                int start = group * TLayout.GroupSize;
                float minimum = TLayout.HasMinima ? minima[group] : 0;
                Scale(codes.Slice(start, TLayout.GroupSize), scales[group], minimum, destination.Slice(start, TLayout.GroupSize));
            }

            destination = destination[TLayout.BlockSize..];
        }
    }

    public override void Quantize(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; source.Length >= TLayout.BlockSize; source = source[TLayout.BlockSize..])
        {
            TLayout.Quantize(source[..TLayout.BlockSize], destination[..TLayout.BlockBytes]);
            destination = destination[TLayout.BlockBytes..];
        }
    }

    private static void Scale(ReadOnlySpan<byte> codes, float scale, float minimum, Span<float> values)
    {
        ref byte code = ref MemoryMarshal.GetReference(codes);
        ref float value = ref MemoryMarshal.GetReference(values);
        for (int i = 0; i < codes.Length; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref code, (nuint)i));
            ScaleEight(lower, scale, minimum, ref Unsafe.Add(ref value, i));
            ScaleEight(upper, scale, minimum, ref Unsafe.Add(ref value, i + 8));
        }
    }

    // Multiplies, then subtracts, each rounded: what the format's definition does, to the bit.
    private static void ScaleEight(Vector128<ushort> codes, float scale, float minimum, ref float value)
    {
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(codes);
        Vector256<int> signed = Vector256.Create(lower, upper).AsInt32() - Vector256.Create(TLayout.Zero);
        Vector256<float> product = Vector256.ConvertToSingle(signed) * scale;
        if (TLayout.HasMinima)
            product -= Vector256.Create(minimum);
        product.StoreUnsafe(ref value);
    }
}

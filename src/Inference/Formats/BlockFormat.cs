using Inference.Formats.Blocks;

namespace Inference.Formats;

/// <summary>Sizes, decoding and encoding of every <see cref="TensorType"/>.</summary>
internal static class BlockFormat
{
    private static readonly BlockCodec?[] _codecs = CreateCodecs();

    /// <summary>Whether the type is one that this library knows, be it only to carry it.</summary>
    public static bool IsKnown(TensorType type) => (uint)type < (uint)_codecs.Length && _codecs[(int)type] is not null;

    /// <summary>Elements in one block; rows are whole blocks.</summary>
    public static int BlockSize(TensorType type) => Codec(type).BlockSize;

    /// <summary>Bytes in one block.</summary>
    public static int BlockBytes(TensorType type) => Codec(type).BlockBytes;

    /// <summary>Bytes that a number of elements takes.</summary>
    /// <exception cref="ArgumentException">The elements are not a whole number of blocks.</exception>
    /// <exception cref="OverflowException">The result does not fit.</exception>
    public static long ByteLength(TensorType type, long elements)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elements);
        BlockCodec codec = Codec(type);
        (long blocks, long rest) = Math.DivRem(elements, codec.BlockSize);
        if (rest != 0)
            throw new ArgumentException($"{elements} elements are not a whole number of blocks of {codec.BlockSize}.", nameof(elements));
        return checked(blocks * codec.BlockBytes);
    }

    /// <summary>Whether the type packs codes with shared scales, as opposed to plain numbers.</summary>
    public static bool IsQuantized(TensorType type) => Codec(type).IsQuantized;

    /// <summary>Whether the type can be decoded to floats.</summary>
    public static bool IsComputable(TensorType type) => IsKnown(type) && Codec(type).IsComputable;

    /// <summary>Whether <see cref="Quantize"/> writes the type.</summary>
    public static bool CanQuantizeTo(TensorType type) => IsKnown(type) && Codec(type).CanQuantize;

    /// <summary>Weights that share one scale: 16 or 32. Quantised types only.</summary>
    public static int GroupSize(TensorType type) => Codec(type).GroupSize;

    /// <summary>The unpacked code that stands for zero. Quantised types only.</summary>
    public static int Zero(TensorType type) => Codec(type).Zero;

    /// <summary>Whether a minimum is subtracted after scaling. Quantised types only.</summary>
    public static bool HasMinima(TensorType type) => Codec(type).HasMinima;

    /// <summary>Width of a stored code in bits, before any codebook. Quantised types only.</summary>
    public static int CodeBits(TensorType type) => Codec(type).CodeBits;

    /// <summary>
    /// Unpacks one block, so that weight i is
    /// <c>scales[i / GroupSize] * (codes[i] - Zero) - minima[i / GroupSize]</c>, exactly, in this order of operations.
    /// </summary>
    /// <param name="type">A quantised type.</param>
    /// <param name="block">At least one block.</param>
    /// <param name="codes">At least BlockSize codes.</param>
    /// <param name="scales">At least BlockSize / GroupSize scales.</param>
    /// <param name="minima">As many minima; zeros are written for types that have none.</param>
    public static void Unpack(TensorType type, ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima) =>
        Codec(type).Unpack(block, codes, scales, minima);

    /// <summary>Decodes a whole number of blocks, bit-exact to the format's definition.</summary>
    /// <exception cref="ArgumentException">The source is not a whole number of blocks, or the destination is too short.</exception>
    public static void Dequantize(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        BlockCodec codec = Codec(type);
        int blocks = WholeBlocks(source.Length, codec.BlockBytes, nameof(source));
        if (destination.Length < (long)blocks * codec.BlockSize)
            throw new ArgumentException("The destination is shorter than the decoded blocks.", nameof(destination));
        codec.Dequantize(source, destination);
    }

    /// <summary>Encodes a whole number of blocks. Writes F32, F16, BF16, Q8_0, Q4_0, Q4_K and Q6_K.</summary>
    /// <exception cref="ArgumentException">
    /// The source is not a whole number of blocks, the destination is too short, or a value that is not finite meets a quantised type.
    /// </exception>
    /// <exception cref="NotSupportedException">The type is not one of those written.</exception>
    public static void Quantize(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        BlockCodec codec = Codec(type);
        int blocks = WholeBlocks(source.Length, codec.BlockSize, nameof(source));
        long bytes = (long)blocks * codec.BlockBytes;
        if (destination.Length < bytes)
            throw new ArgumentException("The destination is shorter than the encoded blocks.", nameof(destination));
        if (codec.IsQuantized && source.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new ArgumentException("Values that are not finite cannot be quantised.", nameof(source));
        codec.Quantize(source, destination[..(int)bytes]);
    }

    private static int WholeBlocks(int length, int unit, string name) => length % unit == 0
        ? length / unit
        : throw new ArgumentException($"A length of {length} is not a whole number of blocks of {unit}.", name);

    private static BlockCodec Codec(TensorType type) => IsKnown(type)
        ? _codecs[(int)type]!
        : throw new ArgumentOutOfRangeException(nameof(type), type, "The tensor type is not known.");

    private static BlockCodec?[] CreateCodecs()
    {
        BlockCodec?[] codecs = new BlockCodec?[(int)TensorType.MXFP4 + 1];
        codecs[(int)TensorType.F32] = new F32Codec();
        codecs[(int)TensorType.F16] = new F16Codec();
        codecs[(int)TensorType.BF16] = new BF16Codec();
        codecs[(int)TensorType.Q4_0] = new PackedCodec<Q4_0Layout>();
        codecs[(int)TensorType.Q4_1] = new PackedCodec<Q4_1Layout>();
        codecs[(int)TensorType.Q5_0] = new PackedCodec<Q5_0Layout>();
        codecs[(int)TensorType.Q5_1] = new PackedCodec<Q5_1Layout>();
        codecs[(int)TensorType.Q8_0] = new PackedCodec<Q8_0Layout>();
        codecs[(int)TensorType.Q2_K] = new PackedCodec<Q2_KLayout>();
        codecs[(int)TensorType.Q3_K] = new PackedCodec<Q3_KLayout>();
        codecs[(int)TensorType.Q4_K] = new PackedCodec<Q4_KLayout>();
        codecs[(int)TensorType.Q5_K] = new PackedCodec<Q5_KLayout>();
        codecs[(int)TensorType.Q6_K] = new PackedCodec<Q6_KLayout>();
        codecs[(int)TensorType.IQ4_NL] = new PackedCodec<IQ4_NLLayout>();
        codecs[(int)TensorType.IQ4_XS] = new PackedCodec<IQ4_XSLayout>();
        codecs[(int)TensorType.MXFP4] = new PackedCodec<MXFP4Layout>();
        codecs[(int)TensorType.I8] = new CarriedCodec(sizeof(sbyte));
        codecs[(int)TensorType.I16] = new CarriedCodec(sizeof(short));
        codecs[(int)TensorType.I32] = new CarriedCodec(sizeof(int));
        codecs[(int)TensorType.I64] = new CarriedCodec(sizeof(long));
        codecs[(int)TensorType.F64] = new CarriedCodec(sizeof(double));
        return codecs;
    }
}

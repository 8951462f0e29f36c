namespace Inference.Formats.Blocks;

/// <summary>
/// The bit layout of one quantised block format, in the integer form that kernels and dequantisation share:
/// <c>w[i] = scales[i / GroupSize] * (codes[i] - Zero) - minima[i / GroupSize]</c>.
/// </summary>
/// <remarks>Layouts are facts of the GGUF specification and the ggml type definitions; codebooks are resolved into the codes.</remarks>
internal interface IBlockLayout
{
    /// <summary>Elements in a block.</summary>
    static abstract int BlockSize { get; }

    /// <summary>Bytes in a block.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>Elements that share a scale and a minimum.</summary>
    static abstract int GroupSize { get; }

    /// <summary>The code that stands for zero.</summary>
    static abstract int Zero { get; }

    /// <summary>Whether a minimum is subtracted.</summary>
    static virtual bool HasMinima => false;

    /// <summary>Width of a stored code in bits, before any codebook.</summary>
    static abstract int CodeBits { get; }

    /// <summary>Whether <see cref="Quantize"/> is implemented.</summary>
    static virtual bool CanQuantize => false;

    /// <summary>Unpacks one block. <paramref name="minima"/> is written only where <see cref="HasMinima"/>.</summary>
    static abstract void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima);

    /// <summary>Packs <see cref="BlockSize"/> finite values into one block.</summary>
    static virtual void Quantize(ReadOnlySpan<float> source, Span<byte> block) =>
        throw new NotSupportedException("This block format is read, not written.");
}

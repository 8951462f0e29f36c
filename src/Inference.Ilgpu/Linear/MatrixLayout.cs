using Inference.Formats;

namespace Inference.Ilgpu.Linear;

/// <summary>Where a matrix [rows, columns] lies in one stretch of bytes: planes, one after the other, each in tiles of 16 rows.</summary>
/// <remarks>
/// <para>Codes and halves lie in the order in which the 32 threads of a warp take the first operand of a matrix product of 16 rows
/// (PTX ISA, "Matrix Fragments for mma.m16n8k32" and "m16n8k16"): thread t has the bytes 16 t to 16 t + 15 of 512 and reads them at
/// once. The four words of a thread are, for g = t / 4 and c = 4 (t mod 4): row g, columns c to c + 3; row g + 8, the same columns;
/// row g, columns 16 + c and on; row g + 8, the same. For halves a word is two columns, c = 2 (t mod 4), and the second pair starts
/// at 8.</para>
/// <para>Codes of four bits share such words between two blocks of 32 columns, the upper two of six bits between four. Where the format has a code
/// that stands for zero, what lies there is the difference to it, in two's complement.</para>
/// </remarks>
internal sealed class MatrixLayout
{
    /// <summary>Rows that lie together.</summary>
    public const int TileRows = 16;

    /// <summary>Columns that share a scale of the input.</summary>
    public const int BlockColumns = 32;

    /// <summary>Columns whose products are added before they are added to the sum of those before: the chunks of docs/determinism.md.</summary>
    public const int ChunkColumns = 512;

    private const int SuperBlocks = 8;

    /// <exception cref="NotSupportedException">The device cannot compute with the type.</exception>
    public MatrixLayout(TensorType type, int rows, int columns)
    {
        Type = type;
        Rows = rows;
        Columns = columns;
        Tiles = (rows + TileRows - 1) / TileRows;
        Kind = type switch
        {
            TensorType.F32 => MatrixKind.Single,
            TensorType.F16 => MatrixKind.Half,
            TensorType.BF16 => MatrixKind.BFloat,
            _ when BlockFormat.IsComputable(type) => MatrixKind.Quantized,
            _ => throw new NotSupportedException($"The GPU device cannot compute with weights of type {type}."),
        };
        if (Kind != MatrixKind.Quantized)
        {
            // The depth of a matrix product of halves; floats need none, and lie behind each other.
            Blocks = Kind == MatrixKind.Single ? columns : (columns + 15) / 16;
            CodeBytes = Tiles * (long)Blocks * TileRows * (Kind == MatrixKind.Single ? sizeof(float) : 32);
            return;
        }

        Scales = type switch
        {
            TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q5_0 or TensorType.IQ4_NL => ScaleForm.Half,
            TensorType.Q4_K or TensorType.Q5_K => ScaleForm.Affine,
            TensorType.Q6_K => ScaleForm.Signed,
            _ => ScaleForm.Single,
        };
        // Codebooks are resolved into codes of eight bits.
        bool isLookedUp = type is TensorType.IQ4_NL or TensorType.IQ4_XS or TensorType.MXFP4;
        CodeBits = isLookedUp ? 8 : BlockFormat.CodeBits(type) switch
        {
            <= 4 => 4,
            <= 6 => 6,
            _ => 8,
        };
        // Eight bits are signed always.
        Form = new QuantizedForm(CodeBits, CodeBits < 8 && BlockFormat.Zero(type) != 0, Scales);
        Blocks = (columns + (BlockColumns * SuperBlocks) - 1) / (BlockColumns * SuperBlocks) * SuperBlocks;
        long tileBlocks = Tiles * (long)Blocks;
        // Kernels count pieces of 16 bytes, of which a block of a tile has 32 at most, in integers.
        if (tileBlocks > int.MaxValue / 32)
            throw new NotSupportedException($"The GPU device cannot compute with a matrix of {rows} x {columns}.");
        CodeBytes = tileBlocks * (CodeBits == 8 ? 512 : 256);
        UpperBytes = CodeBits == 6 ? tileBlocks * 128 : 0;
        ScaleBytes = Scales switch
        {
            ScaleForm.Half => tileBlocks * 32,
            ScaleForm.Affine => tileBlocks / SuperBlocks * 64,
            ScaleForm.Signed => tileBlocks / SuperBlocks * 32,
            _ => tileBlocks * 256,
        };
        SubScaleBytes = Scales is ScaleForm.Affine or ScaleForm.Signed ? tileBlocks * 32 : 0;
    }

    public TensorType Type { get; }

    public int Rows { get; }

    public int Columns { get; }

    public int Tiles { get; }

    public MatrixKind Kind { get; }

    public ScaleForm Scales { get; }

    /// <summary>Bits of a code: 4, 6 or 8.</summary>
    public int CodeBits { get; }

    /// <summary>What kernels for it are made of.</summary>
    public QuantizedForm Form { get; }

    /// <summary>Along the columns, padding included: 32 columns of codes, 16 of halves, one of floats.</summary>
    public int Blocks { get; }

    /// <summary>Bytes of the first plane: codes, their lower four bits, or numbers.</summary>
    public long CodeBytes { get; }

    /// <summary>Bytes of the second plane: the upper two bits of codes of six.</summary>
    public long UpperBytes { get; }

    /// <summary>Bytes of the third plane: scales.</summary>
    public long ScaleBytes { get; }

    /// <summary>Bytes of the fourth plane: what scales of scales are multiplied by.</summary>
    public long SubScaleBytes { get; }

    public long UpperStart => CodeBytes;

    public long ScaleStart => UpperStart + UpperBytes;

    public long SubScaleStart => ScaleStart + ScaleBytes;

    public long ByteLength => SubScaleStart + SubScaleBytes;
}

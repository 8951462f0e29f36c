using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>How one weight type lies in a panel of 16 rows.</summary>
/// <remarks>
/// <para>A panel is a run of super-blocks along the columns, each as many columns as a block of the type: 32 or 256. A super-block holds
/// the codes of its blocks of 32 columns one after the other, and then its scales.</para>
/// <para>The codes of 32 columns are groups of four columns: 64 bytes, byte 4 r + i the code of row r and the group's column i.
/// Codes of eight bits are eight such groups. Narrower codes are cut into planes: the lower four bits (of codes with two or three bits,
/// the lower two), and then those above. A plane of w bits a code is w times 64 bytes; of these, run g mod w holds group g in each
/// byte's bits w (g / w) and up.</para>
/// <para>Scales are arrays of 16, one entry a row: first the 16-bit scale of the super-block, then its 16-bit minimum where there
/// is one, and for the types with sub-scales for each block of 32 columns the signed bytes of its groups' sub-scales and then,
/// where there are minima, of its groups' sub-minima. Where both have four bits, one byte holds them, the minimum above.</para>
/// <para>F32, F16 and BF16 have no scales: for each column, 16 numbers as stored, or halves as <see cref="PanelHalf"/> keeps them. Of BF16,
/// for each two columns 16 pairs; the last of an odd number of columns is paired with zero.</para>
/// </remarks>
internal sealed record PanelLayout
{
    /// <summary>Rows in a panel; those that a matrix lacks are zero weights.</summary>
    public const int Rows = 16;

    /// <summary>Columns that share one scale of the input.</summary>
    public const int BlockColumns = 32;

    /// <summary>Bytes of the codes of one group of four columns.</summary>
    public const int GroupBytes = 64;

    private PanelLayout(TensorType type, CodeForm form)
    {
        Type = type;
        Form = form;
        IsQuantized = BlockFormat.IsQuantized(type);
        SuperColumns = BlockFormat.BlockSize(type);
        SuperBlocks = Math.Max(1, SuperColumns / BlockColumns);
        if (!IsQuantized)
        {
            SuperBytes = Rows * BlockFormat.BlockBytes(type);
            return;
        }

        CodeBits = BlockFormat.CodeBits(type);
        BlockCodeBytes = CodeBits * GroupBytes;
        HasMinima = BlockFormat.HasMinima(type);
        GroupsPerBlock = BlockColumns / BlockFormat.GroupSize(type);
        HasSubScales = SuperBlocks > 1;
        HasNibbleScales = type == TensorType.Q2_K;
        int fields = HasMinima ? 2 : 1;
        int subScaleBytes = HasSubScales ? SuperBlocks * GroupsPerBlock * (HasNibbleScales ? 1 : fields) * Rows : 0;
        SuperBytes = SuperBlocks * BlockCodeBytes + fields * Rows * sizeof(ushort) + subScaleBytes;
    }

    public TensorType Type { get; }

    public CodeForm Form { get; }

    public bool IsQuantized { get; }

    /// <summary>Bits of a code; 0 where there are none.</summary>
    public int CodeBits { get; }

    /// <summary>Bits of a code in its first plane: all of them, or those that a second plane leaves.</summary>
    public int LowBits => CodeBits switch { 5 or 6 => 4, 3 => 2, _ => CodeBits };

    public bool HasMinima { get; }

    /// <summary>Whether a scale is the product of a super-block's and a group's.</summary>
    public bool HasSubScales { get; }

    /// <summary>Whether a sub-scale and a sub-minimum share a byte.</summary>
    public bool HasNibbleScales { get; }

    /// <summary>Groups with a sub-scale of their own in 32 columns: 1 or 2.</summary>
    public int GroupsPerBlock { get; }

    /// <summary>Columns of a super-block.</summary>
    public int SuperColumns { get; }

    /// <summary>Blocks of 32 columns in a super-block.</summary>
    public int SuperBlocks { get; }

    /// <summary>Bytes of the codes of 32 columns.</summary>
    public int BlockCodeBytes { get; }

    /// <summary>Bytes of a super-block with its scales.</summary>
    public int SuperBytes { get; }

    /// <summary>The layout of a type, or null for a type that is not computed with.</summary>
    /// <param name="type">The type.</param>
    /// <param name="isIeee">Whether halves stay as they are stored, which processors convert and .NET does not.</param>
    public static PanelLayout? For(TensorType type, bool isIeee = false) => type switch
    {
        TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q2_K
            or TensorType.Q3_K or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K => new(type, CodeForm.Codes),
        TensorType.IQ4_NL or TensorType.IQ4_XS or TensorType.MXFP4 => new(type, CodeForm.Indices),
        TensorType.F32 or TensorType.F16 or TensorType.BF16 => new(type, isIeee ? CodeForm.IeeeNumbers : CodeForm.Numbers),
        _ => null,
    };

    /// <summary>Whether the weights of two columns lie side by side, and inputs are pairs as well.</summary>
    public bool IsPaired => Type == TensorType.BF16;

    /// <summary>Bytes of a row's weights that are multiplied with one float, or pair, of the input; of plain numbers.</summary>
    public int LaneBytes => SuperBytes / Rows * (IsPaired ? 2 : 1);

    /// <summary>Floats, or pairs, that an input row of plain numbers has.</summary>
    public int InputLanes(int columns) => IsPaired ? BFloatInput.Pairs(columns) : columns;

    /// <summary>Bytes of a panel, a multiple of 64; that rounds an odd number of paired columns up as well.</summary>
    public nint PanelBytes(int columns) => ((nint)columns / SuperColumns * SuperBytes + 63) & ~63;
}

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Writes the scales of one row's block into a super-block of a panel; see <see cref="PanelLayout"/>.</summary>
internal readonly unsafe struct SuperScalePacker(PanelLayout layout)
{
    private const int HalvesBytes = PanelLayout.Rows * sizeof(ushort);

    /// <summary>Writes the scales.</summary>
    /// <param name="block">The stored block.</param>
    /// <param name="scales">Its groups' scales.</param>
    /// <param name="minima">Its groups' minima.</param>
    /// <param name="destination">The scales of the super-block.</param>
    /// <param name="row">The row in the panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(ReadOnlySpan<byte> block, ReadOnlySpan<float> scales, ReadOnlySpan<float> minima, byte* destination, int row)
    {
        ushort* halves = (ushort*)destination;
        if (!layout.HasSubScales)
        {
            halves[row] = HalfConversion.ToHalf(scales[0]);
            if (layout.HasMinima)
                halves[PanelLayout.Rows + row] = HalfConversion.ToHalf(minima[0]);
            return;
        }

        ushort scale = BinaryPrimitives.ReadUInt16LittleEndian(block[ScaleOffset(layout.Type)..]);
        halves[row] = scale;
        sbyte* subScales = (sbyte*)destination + (layout.HasMinima ? 2 : 1) * HalvesBytes + row;
        int groups = layout.GroupsPerBlock;
        int blockStep = (layout.HasMinima ? 2 : 1) * groups * PanelLayout.Rows;
        PackSubScales(scale, scales, subScales, groups, blockStep);
        if (!layout.HasMinima)
            return;

        ushort minimum = BinaryPrimitives.ReadUInt16LittleEndian(block[(ScaleOffset(layout.Type) + sizeof(ushort))..]);
        halves[PanelLayout.Rows + row] = minimum;
        PackSubScales(minimum, minima, subScales + groups * PanelLayout.Rows, groups, blockStep);
    }

    // A group's scale is the exact product of the super-block's and an integer, so that dividing gives the integer back.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackSubScales(ushort unit, ReadOnlySpan<float> scales, sbyte* destination, int groups, int blockStep)
    {
        float whole = HalfConversion.ToSingle(unit);
        for (int i = 0; i < 8 * groups; i++)
        {
            // Nothing can be recovered from a unit of zero or one that is not finite; any integer leaves zero or NaN as it was.
            int subScale = !float.IsFinite(whole) ? 1 : whole == 0 ? 0 : (int)MathF.Round(scales[i] / whole);
            destination[i / groups * blockStep + i % groups * PanelLayout.Rows] = checked((sbyte)subScale);
        }
    }

    // Where the block holds its scale; a minimum follows it.
    private static int ScaleOffset(TensorType type) => type switch
    {
        TensorType.Q2_K => 80,
        TensorType.Q3_K => 108,
        TensorType.Q6_K => 208,
        _ => 0,
    };
}

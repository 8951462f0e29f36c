using System.Runtime.CompilerServices;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Packs F32, F16 and BF16.</summary>
internal sealed unsafe class NumberPacker(StoredTensor tensor, PackedMatrix matrix) : PanelPacker(tensor, matrix)
{
    // Columns packed at a time, so that where they go stays in the first-level cache.
    private const int RunColumns = 256;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override bool TryPackPanel(byte* source, int rows, byte* panel)
    {
        ushort* halves = stackalloc ushort[RunColumns];
        float* floats = stackalloc float[RunColumns];
        uint* pairs = (uint*)halves;
        for (int column = 0; column < Matrix.Columns; column += RunColumns)
        {
            int count = Math.Min(RunColumns, Matrix.Columns - column);
            byte* destination = panel + (nint)column * Layout.SuperBytes;
            for (int row = 0; row < rows; row++)
            {
                byte* run = source + row * RowBytes + (nint)column * BlockBytes;
                if (Type == TensorType.F32)
                {
                    Spread((uint*)run, (uint*)destination + row, count);
                }
                else if (Layout.IsPaired)
                {
                    int lanes = BFloatInput.Pairs(count);
                    pairs[lanes - 1] = 0;
                    BFloatInput.ClearSmallWeights((ushort*)run, halves, count);
                    Spread(pairs, (uint*)destination + row, lanes);
                }
                else if (Layout.Form == CodeForm.IeeeNumbers)
                {
                    Spread((ushort*)run, (ushort*)destination + row, count);
                }
                else if (Layout.Type == TensorType.F32)
                {
                    HalfConversion.ToSingle((ushort*)run, floats, count);
                    Spread((uint*)floats, (uint*)destination + row, count);
                }
                else
                {
                    // Copied first, because conversion goes in steps of 16 and the mapped file may end here.
                    new Span<ushort>(halves, RunColumns).Clear();
                    Unsafe.CopyBlockUnaligned(halves, run, (uint)count * sizeof(ushort));
                    if (!PanelHalf.TryConvert(halves, halves, (count + 15) & ~15))
                        return false;
                    Spread(halves, (ushort*)destination + row, count);
                }
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread<T>(T* source, T* destination, int count)
        where T : unmanaged
    {
        for (nint i = 0; i < count; i++)
            destination[i * PanelLayout.Rows] = Unsafe.ReadUnaligned<T>(source + i);
    }
}

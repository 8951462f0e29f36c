using System.Runtime.InteropServices;

namespace Inference.Cpu.Assembled;

/// <summary>What an assembled tile of plain numbers is told. Its functions read the fields at fixed places.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
internal unsafe struct FloatTileCall
{
    public const int WeightsOffset = 0;
    public const int WeightsStepOffset = 8;
    public const int InputOffset = 16;
    public const int CountOffset = 24;
    public const int SumsOffset = 32;
    public const int SumsStepOffset = 40;

    /// <summary>The first column of the first panel.</summary>
    [FieldOffset(WeightsOffset)]
    public byte* Weights;

    /// <summary>Bytes from a panel to the next.</summary>
    [FieldOffset(WeightsStepOffset)]
    public nint WeightsStep;

    /// <summary>The input as [column][row].</summary>
    [FieldOffset(InputOffset)]
    public float* Input;

    /// <summary>Columns, at least 1.</summary>
    [FieldOffset(CountOffset)]
    public nint Count;

    /// <summary>[row][16] of the first panel, which the products are added to.</summary>
    [FieldOffset(SumsOffset)]
    public float* Sums;

    /// <summary>Bytes from the sums of a panel to the next one's.</summary>
    [FieldOffset(SumsStepOffset)]
    public nint SumsStep;
}

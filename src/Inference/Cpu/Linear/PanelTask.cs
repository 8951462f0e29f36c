using System.Runtime.CompilerServices;
using Inference.Cpu.Assembled;

namespace Inference.Cpu.Linear;

/// <summary>What a kernel computes in one call: some panels of a matrix times some rows of the input.</summary>
internal unsafe struct PanelTask
{
    /// <summary>The first panel of the matrix.</summary>
    public byte* Panels;

    /// <summary>Bytes from one panel to the next.</summary>
    public nint PanelBytes;

    /// <summary>Columns of a super-block of the matrix.</summary>
    public int SuperColumns;

    /// <summary>Bytes of a weight, or a pair of them, for matrices of plain numbers.</summary>
    public int LaneBytes;

    /// <summary>Assembled functions for the weight type, or null.</summary>
    public AssembledTiles* Tiles;

    /// <summary>Rows of the matrix, the padding of the last panel not counted.</summary>
    public int MatrixRows;

    /// <summary>Columns; pairs of them where the matrix has pairs.</summary>
    public int Columns;

    /// <summary>The first panel to compute with.</summary>
    public int FirstPanel;

    /// <summary>The one after the last panel to compute with.</summary>
    public int EndPanel;

    /// <summary>The input as floats, or pairs, in tiles of [columns, rows], for matrices of plain numbers; see <see cref="QuantizedActivations"/>.</summary>
    public float* Input;

    /// <summary>The quantised input, for all others; see <see cref="QuantizedActivations"/>.</summary>
    public InputBlock* QuantizedInput;

    /// <summary>Rows of the whole input.</summary>
    public int InputRows;

    /// <summary>Rows in a tile of the input, the last one aside.</summary>
    public int TileRows;

    /// <summary>The first row of the input to compute; a multiple of <see cref="TileRows"/>.</summary>
    public int FirstRow;

    /// <summary>The one after the last row to compute.</summary>
    public int EndRow;

    /// <summary>One value for each row of the matrix, or null.</summary>
    public float* Bias;

    public float* Output;

    /// <summary>Floats from one row of the output to the next.</summary>
    public nint OutputStride;

    /// <summary>Writes a register of finished sums.</summary>
    /// <param name="inputRow">Row of the input.</param>
    /// <param name="matrixRow">Row of the matrix of the register's first lane.</param>
    /// <param name="sum">The sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TLanes, T>(int inputRow, int matrixRow, T sum)
        where TLanes : struct, ILanes<T>
        where T : unmanaged
    {
        float* output = Output + inputRow * OutputStride + matrixRow;
        if (matrixRow + TLanes.Count > MatrixRows)
        {
            StorePart<TLanes, T>(output, matrixRow, sum);
            return;
        }

        if (Bias != null)
            sum = TLanes.Add(sum, TLanes.Load((byte*)(Bias + matrixRow)));
        TLanes.Store(sum, output);
    }

    private readonly void StorePart<TLanes, T>(float* output, int matrixRow, T sum)
        where TLanes : struct, ILanes<T>
        where T : unmanaged
    {
        float* sums = stackalloc float[PanelLayout.Rows];
        TLanes.Store(sum, sums);
        for (int i = 0; i < MatrixRows - matrixRow; i++)
            output[i] = Bias == null ? sums[i] : sums[i] + Bias[matrixRow + i];
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Cpu.Linear;

namespace Inference.Cpu.Assembled;

/// <summary>Panels of plain numbers times an input of floats or pairs, by assembled functions. The bits are those of the portable kernel.</summary>
/// <remarks>
/// A run of columns of some panels stays in the second-level cache while all tiles of the input pass by, and a tile's run in the first-level
/// cache while those panels pass by.
/// </remarks>
internal static unsafe class AssembledFloatKernel
{
    private const int MaxPanels = 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in PanelTask task)
    {
        int rows = task.EndRow - task.FirstRow;
        int lastRows = rows - (rows - 1) / task.TileRows * task.TileRows;
        nint* functions = stackalloc nint[2 * (FloatAssembler.MaxPanels + 1)];
        if (!TryFind(task, task.TileRows, functions) || !TryFind(task, lastRows, functions + FloatAssembler.MaxPanels + 1))
        {
            KernelTable.Find(PanelLayout.For(task.Tiles->Type, isIeee: true)!, KernelWidth.Widest)(in task);
            return;
        }

        // Panels together, as many as pay: one row passes by too fast to need more than its chains.
        int together = rows == 1 ? FloatAssembler.PanelsFor(1) : MaxPanels;
        int floats = rows * PanelLayout.Rows;
        float* sums = stackalloc float[Math.Min(together, task.EndPanel - task.FirstPanel) * floats];
        var call = new FloatTileCall { WeightsStep = task.PanelBytes, SumsStep = floats * sizeof(float) };
        int columnBytes = (int)(PanelLayout.Rows * (nint)task.LaneBytes);
        for (int panel = task.FirstPanel; panel < task.EndPanel; panel += together)
        {
            int panels = Math.Min(together, task.EndPanel - panel);
            NativeMemory.Clear(sums, (nuint)(panels * floats * sizeof(float)));
            for (int column = 0; column < task.Columns; column += FloatRuns.Columns)
            {
                call.Count = Math.Min(FloatRuns.Columns, task.Columns - column);
                byte* weights = task.Panels + panel * task.PanelBytes + column * (nint)columnBytes;
                for (int first = 0; first < rows; first += task.TileRows)
                {
                    int tileRows = Math.Min(task.TileRows, rows - first);
                    nint* tiles = functions + (tileRows == task.TileRows ? 0 : FloatAssembler.MaxPanels + 1);
                    call.Input = task.Input + (task.FirstRow + first) * (nint)task.Columns + column * (nint)tileRows;
                    for (int done = 0; done < panels;)
                    {
                        int step = FloatAssembler.PanelsFor(tileRows);
                        while (step > panels - done)
                            step >>= 1;
                        call.Weights = weights + done * task.PanelBytes;
                        call.Sums = sums + done * floats + first * PanelLayout.Rows;
                        // No transition: the functions take microseconds, call nothing and touch no managed memory.
                        ((delegate* unmanaged[SuppressGCTransition]<FloatTileCall*, void>)tiles[step])(&call);
                        done += step;
                    }
                }
            }

            for (int i = 0; i < panels; i++)
            {
                for (int row = 0; row < rows; row++)
                {
                    Vector512<byte> sum = Lanes512.Load((byte*)(sums + i * floats + row * PanelLayout.Rows));
                    task.Store<Lanes512, Vector512<byte>>(task.FirstRow + row, (panel + i) * PanelLayout.Rows, sum);
                }
            }
        }
    }

    // By number of panels.
    private static bool TryFind(in PanelTask task, int rows, nint* functions)
    {
        for (int panels = FloatAssembler.PanelsFor(rows); panels > 0; panels >>= 1)
        {
            functions[panels] = task.Tiles->Find(rows, panels);
            if (functions[panels] == 0)
                return false;
        }

        return true;
    }
}

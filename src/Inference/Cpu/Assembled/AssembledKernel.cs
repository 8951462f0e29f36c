using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Inference.Cpu.Linear;

namespace Inference.Cpu.Assembled;

/// <summary>Quantised panels times a quantised input, by assembled functions. The bits are those of the portable kernel.</summary>
internal static unsafe class AssembledKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in PanelTask task)
    {
        int lastRows = (task.EndRow - task.FirstRow - 1) % task.TileRows + 1;
        nint function = task.Tiles->Find(task.TileRows);
        nint last = lastRows == task.TileRows ? function : task.Tiles->Find(lastRows);
        if (function == 0 || last == 0)
        {
            KernelTable.Find(PanelLayout.For(task.Tiles->Type)!, KernelWidth.Widest)(in task);
            return;
        }

        int blocks = task.Columns / PanelLayout.BlockColumns;
        nint superBlocks = task.Columns / task.SuperColumns;
        float* sums = stackalloc float[QuantizedActivations.TileRows * PanelLayout.Rows];
        for (int panel = task.FirstPanel; panel < task.EndPanel; panel++)
        {
            byte* weights = task.Panels + panel * task.PanelBytes;
            int matrixRow = panel * PanelLayout.Rows;
            for (int first = task.FirstRow; first < task.EndRow; first += task.TileRows)
            {
                InputBlock* input = task.QuantizedInput + (nint)first * blocks;
                int rows = Math.Min(task.TileRows, task.InputRows - first);
                // The output is written in short pieces far apart, which would be waited for; meanwhile the tile is computed.
                for (int i = 0; i < rows; i++)
                    Sse.Prefetch0(task.Output + (first + i) * task.OutputStride + matrixRow);
                // No transition: the functions take microseconds, call nothing and touch no managed memory.
                ((delegate* unmanaged[SuppressGCTransition]<byte*, InputBlock*, nint, float*, void>)(rows == task.TileRows ? function : last))(weights, input, superBlocks, sums);
                for (int i = 0; i < rows; i++)
                    task.Store<Lanes512, Vector512<byte>>(first + i, matrixRow, Lanes512.Load((byte*)(sums + i * PanelLayout.Rows)));
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>The input of linear layers, quantised: memory that is filled anew for every input and grows to the largest.</summary>
/// <remarks>
/// Rows are stored in tiles of 16 (the last one may be lower), a tile block of columns by block of columns: what a kernel reads in a row
/// is consecutive. Not thread-safe.
/// </remarks>
internal sealed unsafe class QuantizedActivations : IDisposable
{
    /// <summary>Rows in a tile.</summary>
    public const int TileRows = 16;

    private const int ParallelElements = 32 * 1024;

    private InputBlock* _blocks;
    private nint _capacity;

    /// <summary>The first tile.</summary>
    public InputBlock* Blocks => _blocks;

    private void Reserve(int rows, int columns)
    {
        nint needed = (nint)rows * (columns / PanelLayout.BlockColumns);
        if (needed <= _capacity)
            return;

        NativeMemory.AlignedFree(_blocks);
        _blocks = null;
        _capacity = 0;
        _blocks = (InputBlock*)NativeMemory.AlignedAlloc(checked((nuint)needed * InputBlock.Bytes), InputBlock.Bytes);
        _capacity = needed;
    }

    /// <summary>Quantises an input, on all threads of a team where that is worth it.</summary>
    /// <param name="team">Computes.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns, a multiple of 32.</param>
    public void Quantize(ThreadTeam team, float* input, int rows, int columns)
    {
        Reserve(rows, columns);
        if (team.Count == 1 || rows == 1 || (long)rows * columns < ParallelElements)
        {
            Quantize(_blocks, input, rows, columns, 0, rows);
            return;
        }

        var share = new Share { Blocks = _blocks, Input = input, Rows = rows, Columns = columns, Workers = team.Count };
        team.Run(&QuantizeShare, &share);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_blocks);
        _blocks = null;
        _capacity = 0;
    }

    private static void QuantizeShare(int worker, void* state)
    {
        var share = (Share*)state;
        int first = (int)((long)share->Rows * worker / share->Workers);
        int end = (int)((long)share->Rows * (worker + 1) / share->Workers);
        Quantize(share->Blocks, share->Input, share->Rows, share->Columns, first, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quantize(InputBlock* destination, float* input, int rows, int columns, int first, int end)
    {
        int blocks = columns / PanelLayout.BlockColumns;
        for (int row = first; row < end; row++)
        {
            int tileStart = row & ~(TileRows - 1);
            int step = Math.Min(TileRows, rows - tileStart);
            InputBlock* block = destination + (nint)tileStart * blocks + (row - tileStart);
            float* source = input + (nint)row * columns;
            for (int i = 0; i < blocks; i++, block += step, source += PanelLayout.BlockColumns)
                InputBlock.Quantize(source, block);
        }
    }

    private struct Share
    {
        public InputBlock* Blocks;
        public float* Input;
        public int Rows;
        public int Columns;
        public int Workers;
    }
}

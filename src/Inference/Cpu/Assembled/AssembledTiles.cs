using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Cpu.Assembled;

/// <summary>The assembled functions of each weight type, by number of input rows; made when a type is first used.</summary>
internal static unsafe class AssembledTiles
{
    private static readonly Lock _lock = new();
    private static readonly Dictionary<TensorType, nint> _tables = [];

    /// <summary>The functions of a type for 1 to 16 rows, or null where assembled code cannot be used for it.</summary>
    public static nint* Find(TensorType type)
    {
        if (!VnniSupport.IsSupported || PanelLayout.For(type) is not { IsQuantized: true } layout)
            return null;
        lock (_lock)
        {
            if (!_tables.TryGetValue(type, out nint table))
                _tables.Add(type, table = Make(layout));
            return (nint*)table;
        }
    }

    /// <summary>One run of pages for all functions of a type, and the table of their addresses in front of them.</summary>
    private static nint Make(PanelLayout layout)
    {
        const int Rows = QuantizedActivations.TileRows;
        const int Alignment = 64;
        byte[][] functions = new byte[Rows][];
        int[] starts = new int[Rows];
        int length = 0;
        for (int i = 0; i < Rows; i++)
        {
            functions[i] = TileAssembler.Assemble(layout, i + 1);
            starts[i] = length;
            length = (length + functions[i].Length + Alignment - 1) & -Alignment;
        }

        byte[] code = new byte[length];
        for (int i = 0; i < Rows; i++)
            functions[i].CopyTo(code, starts[i]);
        nint address = ExecutableMemory.Publish(code);
        if (address == 0)
            return 0;

        var table = (nint*)System.Runtime.InteropServices.NativeMemory.Alloc(Rows, (nuint)sizeof(nint));
        for (int i = 0; i < Rows; i++)
            table[i] = address + starts[i];
        return (nint)table;
    }
}

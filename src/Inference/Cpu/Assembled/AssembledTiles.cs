using System.Numerics;
using System.Runtime.InteropServices;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Cpu.Assembled;

/// <summary>The assembled functions of a weight type, by numbers of input rows and of panels; each is made when it is first needed.</summary>
/// <remarks>Thread-safe. Lives as long as the process, like the functions.</remarks>
internal unsafe struct AssembledTiles
{
    private const int MaxRows = QuantizedActivations.TileRows;
    private const int Slots = 3 * MaxRows;
    private const nint Refused = -1;

    private static readonly Lock _lock = new();
    private static readonly Dictionary<TensorType, nint> _types = [];

    private fixed long _functions[Slots];

    /// <summary>The weight type.</summary>
    public TensorType Type { get; private set; }

    /// <summary>The functions of a type, or null where assembled code cannot be used for it.</summary>
    public static AssembledTiles* Find(PanelLayout layout)
    {
        if (!VnniSupport.IsSupported || layout.IsPaired && !VnniSupport.HasBFloats)
            return null;
        AssembledTiles* tiles;
        lock (_lock)
        {
            if (!_types.TryGetValue(layout.Type, out nint known))
            {
                known = (nint)NativeMemory.AllocZeroed((nuint)sizeof(AssembledTiles));
                ((AssembledTiles*)known)->Type = layout.Type;
                _types.Add(layout.Type, known);
            }

            tiles = (AssembledTiles*)known;
        }

        // What every generation needs, and a system that refuses one function refuses them all.
        return tiles->Find(1, layout.IsQuantized ? 1 : FloatAssembler.PanelsFor(1)) == 0 ? null : tiles;
    }

    /// <summary>A function's address, or 0 where the operating system refuses executable memory.</summary>
    /// <param name="rows">Rows of the input: 1 to 16, for plain numbers to 12.</param>
    /// <param name="panels">Panels of the matrix: 1; for plain numbers also 2 or 4, see <see cref="FloatAssembler.PanelsFor"/>.</param>
    public nint Find(int rows, int panels = 1)
    {
        ref long slot = ref _functions[BitOperations.Log2((uint)panels) * MaxRows + rows - 1];
        nint function = (nint)Volatile.Read(ref slot);
        if (function == 0)
        {
            lock (_lock)
            {
                function = (nint)slot;
                if (function == 0)
                {
                    function = Make(rows, panels);
                    Volatile.Write(ref slot, function);
                }
            }
        }

        return function == Refused ? 0 : function;
    }

    private readonly nint Make(int rows, int panels)
    {
        PanelLayout layout = PanelLayout.For(Type, isIeee: true)!;
        byte[] code = layout.IsQuantized ? TileAssembler.Assemble(layout, rows) : FloatAssembler.Assemble(layout, rows, panels);
        nint address = ExecutableMemory.Publish(code);
        return address == 0 ? Refused : address;
    }
}

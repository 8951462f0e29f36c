using System.Runtime.InteropServices;
using Inference.Execution;

namespace Inference.Cpu.Assembled;

/// <summary>The assembled attention tiles for one way of storing the cache and one number of queries; made when first needed.</summary>
internal static unsafe class AttentionFunctions
{
    /// <summary>The most queries of a tile.</summary>
    public const int MaxQueries = 8;

    private const int MaxVectors = 4;
    private const int Alignment = 64;

    private static readonly Lock _lock = new();
    private static readonly nint[] _tables = new nint[3 * MaxQueries];

    /// <summary>Addresses: for keys with 1 to 4 vectors, then for values; null where assembled code cannot be used.</summary>
    /// <param name="type">How the cache is stored.</param>
    /// <param name="queries">Queries of the tile, 1 to <see cref="MaxQueries"/>.</param>
    public static nint* Find(KvCacheType type, int queries)
    {
        if (!VnniSupport.IsSupported)
            return null;
        ref nint table = ref _tables[(int)type * MaxQueries + queries - 1];
        if (Volatile.Read(ref table) == 0)
        {
            lock (_lock)
            {
                if (table == 0)
                    Volatile.Write(ref table, Make(type, queries));
            }
        }

        return (nint*)table;
    }

    /// <summary>A function of the table for values.</summary>
    public static nint Sums(nint* table, int vectors) => table[MaxVectors + vectors - 1];

    /// <summary>A function of the table for keys.</summary>
    public static nint Scores(nint* table, int vectors) => table[vectors - 1];

    private static nint Make(KvCacheType type, int queries)
    {
        int count = AttentionAssembler.MaxVectors(queries);
        var code = new List<byte>();
        int[] starts = new int[2 * MaxVectors];
        for (int i = 0; i < 2 * count; i++)
        {
            int vectors = i % count + 1;
            starts[i / count * MaxVectors + i % count] = code.Count;
            code.AddRange(i < count ? AttentionAssembler.Scores(type, queries, vectors) : AttentionAssembler.Sums(type, queries, vectors));
            code.AddRange(new byte[-code.Count & (Alignment - 1)]);
        }

        nint address = ExecutableMemory.Publish(CollectionsMarshal.AsSpan(code));
        if (address == 0)
            return 0;
        var table = (nint*)NativeMemory.AllocZeroed(2 * MaxVectors, (nuint)sizeof(nint));
        for (int i = 0; i < 2 * MaxVectors; i++)
            table[i] = address + starts[i];
        return (nint)table;
    }
}

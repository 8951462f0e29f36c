using System.Runtime.InteropServices;

namespace Inference.Cpu.Assembled;

/// <summary>What an assembled attention tile is told. Its functions read the fields at fixed places.</summary>
/// <remarks>A run is 16 consecutive positions of one head, which lie in one block of the cache.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 160)]
internal unsafe struct AttentionTileCall
{
    /// <summary>The most runs: those of a chunk.</summary>
    public const int MaxRuns = CacheReader.ChunkSize / Lanes.Count;

    public const int RunsOffset = 0;
    public const int NextOffset = 32;
    public const int RunScalesOffset = 64;
    public const int FactorsOffset = 96;
    public const int OutputOffset = 104;
    public const int StepOffset = 112;
    public const int CountOffset = 120;
    public const int ScaleStepOffset = 128;
    public const int OutputStepOffset = 136;
    public const int LastOffset = 144;

    /// <summary>Address of each run: of its first element (keys) or of its first position (values).</summary>
    [FieldOffset(RunsOffset)]
    public fixed long Runs[MaxRuns];

    /// <summary>Address of what is wanted next, fetched in passing, for each run.</summary>
    [FieldOffset(NextOffset)]
    public fixed long Next[MaxRuns];

    /// <summary>Address of each run's scales, Q8_0 only.</summary>
    [FieldOffset(RunScalesOffset)]
    public fixed long RunScales[MaxRuns];

    /// <summary>Keys: queries as [element][query]. Values: weights as [query][chunk].</summary>
    [FieldOffset(FactorsOffset)]
    public float* Factors;

    /// <summary>Keys: scores as [query][chunk]. Values: sums, one query <see cref="OutputStep"/> bytes behind the other.</summary>
    [FieldOffset(OutputOffset)]
    public float* Output;

    /// <summary>Bytes from one element (keys) or position (values) of a run to the next.</summary>
    [FieldOffset(StepOffset)]
    public nint Step;

    /// <summary>Keys: elements of a head, a multiple of 16. Values: runs, at least 1.</summary>
    [FieldOffset(CountOffset)]
    public nint Count;

    /// <summary>Bytes from the scales of one group of elements (keys) or position (values) to the next.</summary>
    [FieldOffset(ScaleStepOffset)]
    public nint ScaleStep;

    /// <summary>Values: bytes from the sums of a query to the next one's.</summary>
    [FieldOffset(OutputStepOffset)]
    public nint OutputStep;

    /// <summary>Values: positions of the last run, 1 to 16.</summary>
    [FieldOffset(LastOffset)]
    public nint Last;
}

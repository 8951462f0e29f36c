using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>Operations on single elements: addition, a factor, a soft cap.</summary>
internal static unsafe class ElementKernel
{
    // Elements dealt to a worker at a time.
    private const int Piece = 64 * Lanes.Count;

    private enum Operation
    {
        Add,
        Scale,
        SoftCap,
    }

    /// <summary>destination += addend, shared among workers.</summary>
    public static void Add(ThreadTeam team, float* destination, float* addend, nint count) => Run(team, Operation.Add, destination, addend, 0, count);

    /// <summary>values *= factor, shared among workers.</summary>
    public static void Scale(ThreadTeam team, float* values, float factor, nint count) => Run(team, Operation.Scale, values, null, factor, count);

    /// <summary>values = cap x tanh(values / cap), shared among workers.</summary>
    public static void SoftCap(ThreadTeam team, float* values, float cap, nint count) => Run(team, Operation.SoftCap, values, null, cap, count);

    /// <summary>destination += addend, on the calling thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* destination, float* addend, nint count)
    {
        nint i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            (Vector512.Load(destination + i) + Vector512.Load(addend + i)).Store(destination + i);
        if (i < count)
            Lanes.StorePart(Lanes.LoadPart(destination + i, count - i) + Lanes.LoadPart(addend + i, count - i), destination + i, count - i);
    }

    /// <summary>cap x tanh(x / cap).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SoftCap(Vector512<float> x, float cap)
    {
        // tanh(u) = 1 - 2 / (1 + exp(2u)): exp may overflow to infinity or vanish, and both give the right end.
        Vector512<float> power = Exponential.Exp(x * Vector512.Create(2 / cap));
        return Vector512.Create(cap) - Vector512.Create(2 * cap) / (Vector512<float>.One + power);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* values, float factor, nint count)
    {
        nint i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            (Vector512.Load(values + i) * factor).Store(values + i);
        if (i < count)
            Lanes.StorePart(Lanes.LoadPart(values + i, count - i) * factor, values + i, count - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SoftCap(float* values, float cap, nint count)
    {
        nint i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            SoftCap(Vector512.Load(values + i), cap).Store(values + i);
        if (i < count)
            Lanes.StorePart(SoftCap(Lanes.LoadPart(values + i, count - i), cap), values + i, count - i);
    }

    private static void Run(ThreadTeam team, Operation operation, float* values, float* addend, float parameter, nint count)
    {
        var job = new Job
        {
            Operation = operation,
            Values = values,
            Addend = addend,
            Parameter = parameter,
            Count = count,
            Share = new WorkShare(team, (count + Piece - 1) / Piece, operation == Operation.SoftCap ? Piece * 4 : Piece),
        };
        job.Share.Run(team, &Body, &job);
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint first = job.Share.First(worker) * Piece;
        nint count = nint.Min(job.Count, job.Share.First(worker + 1) * Piece) - first;
        switch (job.Operation)
        {
            case Operation.Add:
                Add(job.Values + first, job.Addend + first, count);
                break;
            case Operation.Scale:
                Scale(job.Values + first, job.Parameter, count);
                break;
            default:
                SoftCap(job.Values + first, job.Parameter, count);
                break;
        }
    }

    private struct Job
    {
        public Operation Operation;
        public float* Values;
        public float* Addend;
        public float Parameter;
        public nint Count;
        public WorkShare Share;
    }
}

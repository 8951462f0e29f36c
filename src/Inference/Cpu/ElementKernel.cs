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

    /// <summary>cap x tanh(x / cap), accurate relative to itself also where it is small.</summary>
    /// <remarks>The polynomial is that of Moshier's Cephes library (tanhf).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SoftCap(Vector512<float> x, float cap)
    {
        Vector512<float> u = x * Vector512.Create(1 / cap);
        Vector512<float> magnitude = Vector512.Abs(u);
        Vector512<float> square = u * u;
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(-5.70498872745e-3f), square, Vector512.Create(2.06390887954e-2f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-5.37397155531e-2f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(1.33314422036e-1f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-3.33332819422e-1f));
        Vector512<float> near = Vector512.FusedMultiplyAdd(p * square, u, u);
        // tanh(u) = 1 - 2 / (1 + exp(2u)) cancels near 0. Where exp overflows to infinity, the end is right.
        Vector512<float> far = Vector512<float>.One - Vector512.Create(2f) / (Vector512<float>.One + Exponential.Exp(magnitude + magnitude));
        far = Vector512.CopySign(far, u);
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0.625f)), near, far) * cap;
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

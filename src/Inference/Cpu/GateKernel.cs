using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>activation(gate) x up. Both activations are x times a logistic function.</summary>
internal static unsafe class GateKernel
{
    // tanh(u) = 2 / (1 + exp(-2u)) - 1, u = sqrt(2 / pi) x (x + 0.044715 x^3).
    private const float GeluLinear = 1.5957691216057308f;
    private const float GeluCubic = GeluLinear * 0.044715f;

    // Vectors dealt to a worker at a time.
    private const int Piece = 64 * Lanes.Count;

    /// <summary>Computes any number of elements.</summary>
    public static void Run(ThreadTeam team, float* gate, float* up, Activation activation, float* destination, nint count)
    {
        var job = new Job
        {
            Gate = gate,
            Up = up,
            Destination = destination,
            Count = count,
            // An exponential costs as much as moving several elements.
            Share = new WorkShare(team, (count + Piece - 1) / Piece, Piece * 4),
        };
        if (activation == Activation.Silu)
            job.Share.Run(team, &Silu, &job);
        else
            job.Share.Run(team, &GeluTanh, &job);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Silu(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint end = job.End(worker);
        nint i = job.First(worker);
        for (; i <= end - Lanes.Count; i += Lanes.Count)
            Silu(Vector512.Load(job.Gate + i), Vector512.Load(job.Up + i)).Store(job.Destination + i);
        if (i < end)
            Lanes.StorePart(Silu(Lanes.LoadPart(job.Gate + i, end - i), Lanes.LoadPart(job.Up + i, end - i)), job.Destination + i, end - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GeluTanh(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint end = job.End(worker);
        nint i = job.First(worker);
        for (; i <= end - Lanes.Count; i += Lanes.Count)
            GeluTanh(Vector512.Load(job.Gate + i), Vector512.Load(job.Up + i)).Store(job.Destination + i);
        if (i < end)
            Lanes.StorePart(GeluTanh(Lanes.LoadPart(job.Gate + i, end - i), Lanes.LoadPart(job.Up + i, end - i)), job.Destination + i, end - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Silu(Vector512<float> x, Vector512<float> up) => Logistic(x, x) * up;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> GeluTanh(Vector512<float> x, Vector512<float> up)
    {
        Vector512<float> slope = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(GeluCubic), Vector512.Create(GeluLinear));
        return Logistic(x, x * slope) * up;
    }

    // x / (1 + exp(-t))
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Logistic(Vector512<float> x, Vector512<float> t) =>
        x / (Vector512<float>.One + Exponential.Exp(-t));

    private struct Job
    {
        public float* Gate;
        public float* Up;
        public float* Destination;
        public nint Count;
        public WorkShare Share;

        public readonly nint First(int worker) => Share.First(worker) * Piece;

        public readonly nint End(int worker) => nint.Min(Count, Share.First(worker + 1) * Piece);
    }
}

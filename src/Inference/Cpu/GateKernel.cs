using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>activation(gate) x up, or the activation alone. Most activations are x times a logistic function.</summary>
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
            Activation = activation,
            Destination = destination,
            Count = count,
            // An exponential costs as much as moving several elements.
            Share = new WorkShare(team, (count + Piece - 1) / Piece, Piece * 4),
        };
        job.Share.Run(team, &Body, &job);
    }

    /// <summary>Computes elements that follow each other, on the calling thread.</summary>
    public static void Apply(float* gate, float* up, Activation activation, float* destination, nint count)
    {
        switch (activation)
        {
            case Activation.Silu:
                Apply<Silu>(gate, up, destination, count);
                break;
            case Activation.GeluTanh:
                Apply<GeluTanh>(gate, up, destination, count);
                break;
            case Activation.Gelu:
                Apply<Gelu>(gate, up, destination, count);
                break;
            case Activation.ClampedSwiglu:
                Apply<ClampedSwiglu>(gate, up, destination, count);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "There is no such activation.");
        }
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint first = job.Share.First(worker) * Piece;
        nint end = nint.Min(job.Count, job.Share.First(worker + 1) * Piece);
        Apply(job.Gate + first, job.Up == null ? null : job.Up + first, job.Activation, job.Destination + first, end - first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TActivation>(float* gate, float* up, float* destination, nint count)
        where TActivation : struct, IActivation
    {
        nint i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            TActivation.Apply(Vector512.Load(gate + i), up == null ? Vector512<float>.One : Vector512.Load(up + i)).Store(destination + i);
        if (i < count)
        {
            Vector512<float> factor = up == null ? Vector512<float>.One : Lanes.LoadPart(up + i, count - i);
            Lanes.StorePart(TActivation.Apply(Lanes.LoadPart(gate + i, count - i), factor), destination + i, count - i);
        }
    }

    // x / (1 + exp(-t))
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Logistic(Vector512<float> x, Vector512<float> t) =>
        x / (Vector512<float>.One + Exponential.Exp(-t));

    private interface IActivation
    {
        static abstract Vector512<float> Apply(Vector512<float> x, Vector512<float> up);
    }

    private struct Silu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x, Vector512<float> up) => Logistic(x, x) * up;
    }

    private struct GeluTanh : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x, Vector512<float> up)
        {
            Vector512<float> slope = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(GeluCubic), Vector512.Create(GeluLinear));
            return Logistic(x, x * slope) * up;
        }
    }

    private struct Gelu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x, Vector512<float> up) => x * NormalDistribution.Cumulative(x) * up;
    }

    private struct ClampedSwiglu : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x, Vector512<float> up)
        {
            Vector512<float> limit = Vector512.Create(7f);
            x = Vector512.Min(x, limit);
            up = Vector512.Max(Vector512.Min(up, limit), -limit);
            return Logistic(x, x * 1.702f) * (up + Vector512<float>.One);
        }
    }

    private struct Job
    {
        public float* Gate;
        public float* Up;
        public Activation Activation;
        public float* Destination;
        public nint Count;
        public WorkShare Share;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Normalisation with the residual addition before it: the root mean square here, layers in <see cref="LayerNormKernel"/>.</summary>
/// <remarks>
/// The squares are exact in double and are added in 16 double lanes, which makes the sum both accurate and independent
/// of the width of the machine's vectors.
/// </remarks>
internal static unsafe class NormKernel
{
    /// <summary>Normalises each run of <paramref name="length"/> elements.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="hidden">[runs, length].</param>
    /// <param name="addend">Added to hidden first, or null.</param>
    /// <param name="norm">The formula and its vectors.</param>
    /// <param name="destination">[runs, length]; may be hidden.</param>
    /// <param name="runs">How many runs.</param>
    /// <param name="length">Elements of a run.</param>
    public static void Run(ThreadTeam team, float* hidden, float* addend, CpuNorm norm, float* destination, nint runs, nint length)
    {
        var job = new Job
        {
            Hidden = hidden,
            Addend = addend,
            Norm = norm,
            Destination = destination,
            Length = length,
            Share = new WorkShare(team, runs, length),
        };
        job.Share.Run(team, &Body, &job);
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint end = job.Share.First(worker + 1);
        for (nint run = job.Share.First(worker); run < end; run++)
        {
            nint first = run * job.Length;
            Normalize(job.Hidden + first, job.Addend == null ? null : job.Addend + first, job.Norm, job.Destination + first, job.Length);
        }
    }

    /// <summary>Normalises one run of elements.</summary>
    public static void Normalize(float* hidden, float* addend, in CpuNorm norm, float* destination, nint length)
    {
        if (addend is not null)
            ElementKernel.Add(hidden, addend, length);
        if (norm.Kind == NormKind.Layer)
        {
            LayerNormKernel.Normalize(hidden, norm.Gain, norm.Bias, norm.Epsilon, destination, length);
            return;
        }

        double mean = SumOfSquares(hidden, length) / length;
        Scale(hidden, (float)(1 / Math.Sqrt(mean + norm.Epsilon)), norm.Gain, destination, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfSquares(float* values, nint length)
    {
        Vector512<double> low = Vector512<double>.Zero;
        Vector512<double> high = Vector512<double>.Zero;
        nint i = 0;
        for (; i <= length - Lanes.Count; i += Lanes.Count)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Vector512.Load(values + i));
            low += lower * lower;
            high += upper * upper;
        }

        if (i < length)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Lanes.LoadPart(values + i, length - i));
            low += lower * lower;
            high += upper * upper;
        }

        return Lanes.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* values, float factor, float* gain, float* destination, nint length)
    {
        nint i = 0;
        for (; i <= length - Lanes.Count; i += Lanes.Count)
            (Vector512.Load(values + i) * Vector512.Create(factor) * Vector512.Load(gain + i)).Store(destination + i);
        if (i < length)
        {
            Vector512<float> scaled = Lanes.LoadPart(values + i, length - i) * Vector512.Create(factor) * Lanes.LoadPart(gain + i, length - i);
            Lanes.StorePart(scaled, destination + i, length - i);
        }
    }

    private struct Job
    {
        public float* Hidden;
        public float* Addend;
        public float* Destination;
        public CpuNorm Norm;
        public nint Length;
        public WorkShare Share;
    }
}

using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Cosines and sines of one step's positions for one rotary embedding; every layer of the step reads them.</summary>
/// <remarks>
/// A row holds <see cref="Width"/> cosines, then as many sines. For interleaved pairs both stand twice, the first sine negated,
/// so that x cos + swapped x sin turns both elements of a pair.
/// </remarks>
internal sealed unsafe class RopeTable : IDisposable
{
    private readonly NativeBuffer _values = new();
    private long _step = -1;

    /// <summary>The embedding that the table is for; null before the first.</summary>
    public Rope? Rope { get; private set; }

    /// <summary>Cosines a row.</summary>
    public int Width => Rope is null ? 0 : Rope.Kind == RopeKind.Interleaved ? 2 * Rope.InverseFrequencies.Length : Rope.InverseFrequencies.Length;

    /// <summary>The first row.</summary>
    public float* Values => (float*)_values.Data;

    /// <summary>Whether the table may be given to another embedding without harm to this step.</summary>
    public bool IsStale(CpuStep step) => _step != step.Number;

    /// <summary>Computes the table unless it holds this embedding and step already.</summary>
    public void Prepare(Rope rope, CpuStep step, ThreadTeam team)
    {
        if (ReferenceEquals(rope, Rope) && !IsStale(step))
            return;

        Rope = rope;
        _step = step.Number;
        _values.Reserve((nuint)step.RowCount * 2 * (nuint)Width * sizeof(float));
        fixed (double* frequencies = rope.InverseFrequencies)
        {
            var job = new Job
            {
                Frequencies = frequencies,
                Pairs = rope.InverseFrequencies.Length,
                Magnitude = rope.Magnitude,
                Interleaved = rope.Kind == RopeKind.Interleaved,
                Positions = step.Positions,
                Values = Values,
                // A sine in double costs about as much as moving fifty elements.
                Share = new WorkShare(team, step.RowCount, rope.InverseFrequencies.Length * 50),
            };
            job.Share.Run(team, &Body, &job);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint width = job.Interleaved ? 2 * job.Pairs : job.Pairs;
        nint end = job.Share.First(worker + 1);
        for (nint row = job.Share.First(worker); row < end; row++)
        {
            float* cosines = job.Values + row * 2 * width;
            float* sines = cosines + width;
            for (nint pair = 0; pair < job.Pairs; pair++)
            {
                (double sine, double cosine) = Math.SinCos(job.Positions[row] * job.Frequencies[pair]);
                float scaledSine = (float)(sine * job.Magnitude);
                float scaledCosine = (float)(cosine * job.Magnitude);
                if (job.Interleaved)
                {
                    cosines[2 * pair] = cosines[2 * pair + 1] = scaledCosine;
                    sines[2 * pair] = -scaledSine;
                    sines[2 * pair + 1] = scaledSine;
                }
                else
                {
                    cosines[pair] = scaledCosine;
                    sines[pair] = scaledSine;
                }
            }
        }
    }

    private struct Job
    {
        public double* Frequencies;
        public nint Pairs;
        public double Magnitude;
        public bool Interleaved;
        public int* Positions;
        public float* Values;
        public WorkShare Share;
    }
}

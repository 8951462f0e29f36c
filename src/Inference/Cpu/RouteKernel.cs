using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The choice of each row's experts: those with the highest scores, and their parts of a softmax.</summary>
internal static unsafe class RouteKernel
{
    // Of one score, in elements read or written: comparisons, an exponential.
    private const int ScoreCost = 8;

    /// <summary>Routes rows, shared among workers.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="scores">[rows, experts].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="count">Experts.</param>
    /// <param name="chosen">Experts a row.</param>
    /// <param name="normalizes">Whether the softmax is over the chosen alone.</param>
    /// <param name="experts">[rows, chosen]: receives the experts by rank, the lowest number first among equals.</param>
    /// <param name="weights">[rows, chosen]: receives their weights.</param>
    public static void Run(ThreadTeam team, float* scores, int rows, int count, int chosen, bool normalizes, int* experts, float* weights)
    {
        var job = new Job
        {
            Scores = scores,
            Count = count,
            Chosen = chosen,
            Normalizes = normalizes,
            Experts = experts,
            Weights = weights,
            Share = new WorkShare(team, rows, (nint)count * ScoreCost),
        };
        job.Share.Run(team, &Body, &job);
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint end = job.Share.First(worker + 1);
        for (nint row = job.Share.First(worker); row < end; row++)
        {
            float* scores = job.Scores + row * job.Count;
            int* experts = job.Experts + row * job.Chosen;
            float* weights = job.Weights + row * job.Chosen;
            if (Choose(scores, job.Count, job.Chosen, experts, weights))
                Weigh(scores, job.Count, job.Chosen, job.Normalizes, weights);
        }
    }

    /// <summary>Leaves the highest scores in the place of their weights. False where a score is not finite: then any experts, with weights that are not numbers.</summary>
    private static bool Choose(float* scores, int count, int chosen, int* experts, float* best)
    {
        int kept = 0;
        for (int expert = 0; expert < count; expert++)
        {
            float score = scores[expert];
            if (!float.IsFinite(score))
            {
                for (int rank = 0; rank < chosen; rank++)
                    (experts[rank], best[rank]) = (rank, float.NaN);
                return false;
            }

            if (kept == chosen && score <= best[chosen - 1])
                continue;
            int place = kept < chosen ? kept++ : chosen - 1;
            for (; place > 0 && score > best[place - 1]; place--)
                (experts[place], best[place]) = (experts[place - 1], best[place - 1]);
            (experts[place], best[place]) = (expert, score);
        }

        return true;
    }

    /// <summary>Turns the highest scores into weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float* scores, int count, int chosen, bool normalizes, float* weights)
    {
        Vector512<float> greatest = Vector512.Create(weights[0]);
        for (nint i = 0; i < chosen; i += Lanes.Count)
            Lanes.Store(Exponential.Exp(Lanes.Load(weights + i, chosen - i) - greatest), weights + i, chosen - i);

        float sum = 0;
        if (normalizes)
        {
            for (int rank = 0; rank < chosen; rank++)
                sum += weights[rank];
        }
        else
        {
            Vector512<float> sums = Vector512<float>.Zero;
            for (int i = 0; i < count; i += Lanes.Count)
            {
                Vector512<float> seen = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count - i)).AsSingle();
                sums += Exponential.Exp(Lanes.Load(scores + i, count - i) - greatest) & seen;
            }

            sum = Lanes.Sum(sums);
        }

        for (int rank = 0; rank < chosen; rank++)
            weights[rank] /= sum;
    }

    private struct Job
    {
        public float* Scores;
        public int Count;
        public int Chosen;
        public bool Normalizes;
        public int* Experts;
        public float* Weights;
        public WorkShare Share;
    }
}

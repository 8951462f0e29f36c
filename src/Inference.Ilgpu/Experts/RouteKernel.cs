using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Experts;

/// <summary>The choice of each row's experts: those with the highest scores, and their parts of a softmax. A group of threads for each row.</summary>
internal static class RouteKernel
{
    /// <param name="scores">[rows, count].</param>
    /// <param name="experts">[rows, chosen]: receives the experts by rank, the lowest number first among equals. A row with a score that is not finite gets any.</param>
    /// <param name="weights">[rows, chosen]: receives their weights; for such a row NaN.</param>
    /// <param name="count">Experts.</param>
    /// <param name="chosen">Experts a row.</param>
    /// <param name="normalizes">1 for a softmax over the chosen alone, 0 for one over all.</param>
    public static void Run(ArrayView<float> scores, ArrayView<int> experts, ArrayView<float> weights, int count, int chosen, int normalizes)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(GroupSum.MostThreads);
        ArrayView<int> indices = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        int thread = Group.IdxX;
        long start = (long)Grid.IdxX * count;
        long target = (long)Grid.IdxX * chosen;

        int unusable = 0;
        for (int i = thread; i < count; i += Group.DimX)
        {
            if (!Curves.IsFinite(scores[start + i]))
                unusable = 1;
        }

        // A whole number below 2^24 is exact as a float.
        if (GroupSum.Of(values, unusable) > 0)
        {
            for (int rank = thread; rank < chosen; rank += Group.DimX)
            {
                experts[target + rank] = rank;
                weights[target + rank] = Interop.IntAsFloat(0x7FC00000u);
            }

            return;
        }

        // The next in order comes after the one before: no list of those that are taken.
        float last = float.PositiveInfinity;
        int lastIndex = -1;
        float greatest = 0;
        float sum = 0;
        for (int rank = 0; rank < chosen; rank++)
        {
            float best = float.NegativeInfinity;
            int at = GroupLargest.None;
            for (int i = thread; i < count; i += Group.DimX)
            {
                float value = scores[start + i];
                if ((value < last || (value == last && i > lastIndex)) && value > best)
                {
                    best = value;
                    at = i;
                }
            }

            GroupLargest.Find(values, indices, best, at);
            last = values[0];
            lastIndex = indices[0];
            Group.Barrier();
            if (rank == 0)
                greatest = last;
            sum += XMath.Exp(last - greatest);
            if (thread == 0)
            {
                experts[target + rank] = lastIndex;
                weights[target + rank] = XMath.Exp(last - greatest);
            }
        }

        if (normalizes == 0)
        {
            float part = 0;
            for (int i = thread; i < count; i += Group.DimX)
                part += XMath.Exp(scores[start + i] - greatest);
            sum = GroupSum.Of(values, part);
        }

        if (thread == 0)
        {
            for (int rank = 0; rank < chosen; rank++)
                weights[target + rank] /= sum;
        }
    }
}

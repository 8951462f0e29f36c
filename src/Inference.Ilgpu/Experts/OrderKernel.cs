using ILGPU;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Experts;

/// <summary>Sorts places by their experts, and those of one expert by their numbers, so that those that read the same weights are computed side by side. A group of threads for each expert.</summary>
/// <remarks>Each group counts for itself: the few thousand numbers are read from the cache, and no group waits for another.</remarks>
internal static class OrderKernel
{
    /// <param name="experts">The expert of each place.</param>
    /// <param name="order">Receives the places in their order.</param>
    public static void Run(ArrayView<int> experts, ArrayView<int> order)
    {
        ArrayView<int> befores = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        ArrayView<int> counts = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        int thread = Group.IdxX;
        int expert = Grid.IdxX;
        int places = experts.IntLength;
        int share = (places + Group.DimX - 1) / Group.DimX;
        int first = thread * share;
        int end = first + share;
        if (end > places)
            end = places;
        int before = 0;
        int count = 0;
        for (int place = first; place < end; place++)
        {
            int other = experts[place];
            if (other < expert)
                before++;
            if (other == expert)
                count++;
        }

        befores[thread] = before;
        counts[thread] = count;
        Group.Barrier();
        int next = 0;
        for (int i = 0; i < Group.DimX; i++)
        {
            next += befores[i];
            if (i < thread)
                next += counts[i];
        }

        for (int place = first; place < end; place++)
        {
            if (experts[place] == expert)
            {
                order[next] = place;
                next++;
            }
        }
    }
}

using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Experts;

/// <summary>Sorts places by their experts, and those of one expert by their numbers, so that those that read the same weights are computed side by side. A group of threads for each expert.</summary>
/// <remarks>Each group counts for itself: the few thousand numbers are read from the cache, and no group waits for another.</remarks>
internal static class OrderKernel
{
    /// <param name="experts">The expert of each place.</param>
    /// <param name="order">Receives the places in their order.</param>
    /// <param name="slotted">Receives the slots: see <see cref="ExpertPlaces.Slots"/>.</param>
    /// <param name="packs">
    /// 0 to have a slot for each place, of which those are used where an expert's next eight places begin. 1 to have one for each eight places, and
    /// one more for each expert: the j-th eight of an expert whose places begin at s have slot s / 8 + expert + j, which is nobody else's, since
    /// the experts before have at most one that is not full each.
    /// </param>
    public static void Run(ArrayView<int> experts, ArrayView<int> order, ArrayView<int> slotted, int packs)
    {
        ArrayView<int> befores = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        ArrayView<int> counts = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        int thread = Group.IdxX;
        int expert = Grid.IdxX;
        int total = experts.IntLength;
        int share = (total + Group.DimX - 1) / Group.DimX;
        int first = thread * share;
        int end = first + share;
        if (end > total)
            end = total;
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
        int start = 0;
        int mine = 0;
        int all = 0;
        for (int i = 0; i < Group.DimX; i++)
        {
            start += befores[i];
            all += counts[i];
            if (i < thread)
                mine += counts[i];
        }

        int next = start + mine;
        for (int place = first; place < end; place++)
        {
            if (experts[place] == expert)
            {
                order[next] = place;
                next++;
            }
        }

        int slot = start;
        int slots = all;
        int step = 1;
        if (packs != 0)
        {
            slot = start / ExpertPlaces.SlotPlaces + expert;
            slots = (start + all) / ExpertPlaces.SlotPlaces + expert + 1 - slot;
            step = ExpertPlaces.SlotPlaces;
        }

        for (int i = thread; i < slots; i += Group.DimX)
        {
            int offset = i * step;
            int value = -1;
            if (offset < all && offset % ExpertPlaces.SlotPlaces == 0)
                value = (start + offset) * ExpertPlaces.SlotPlaces + XMath.Min(all - offset, ExpertPlaces.SlotPlaces) - 1;
            slotted[(slot + i) * 2] = value;
            slotted[(slot + i) * 2 + 1] = expert;
        }
    }
}

using ILGPU;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Selection;

/// <summary>The largest elements of a row, by a group of threads that knows the largest of each of the row's runs.</summary>
/// <remarks>
/// Gaihre et al., Dr. Top-k: delegate-centric top-k on GPUs (2021). The k largest leaders are of k different elements: none of the k largest
/// elements is smaller than the last of them, and all lie in those leaders' runs. As a rule not many more elements than k are as large; they
/// are gathered and sorted, in several rounds where they do not fit.
/// </remarks>
internal static class SelectTopKernel
{
    /// <summary>The most runs of a row, and the most elements that are sorted together.</summary>
    public const int Capacity = 1024;

    /// <summary>The most elements that can be selected.</summary>
    public const int Most = GroupSum.MostThreads;

    /// <summary>The longest run: whatever was kept before, one has room beside it.</summary>
    public const int LongestRun = Capacity - Most;

    private const int MostGroups = Capacity / LeaderKernel.RunsPerGroup;

    /// <param name="logits">[rows, columns].</param>
    /// <param name="scales">One over the temperature of each row.</param>
    /// <param name="leaders">[rows, runs], as <see cref="LeaderKernel"/> leaves them.</param>
    /// <param name="parts">[rows, groups of runs, 2], likewise.</param>
    /// <param name="seen">[rows, groups of runs], likewise.</param>
    /// <param name="results">[rows, 1 + count]. Receives the number of elements found, or -1, above the bits of the row's weight; then the elements, the largest first, as <see cref="OrderedKey"/>s.</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="runs">Runs a row, from <paramref name="columns"/> / <see cref="LongestRun"/> to <see cref="Capacity"/>.</param>
    /// <param name="count">How many to find, up to <see cref="Most"/>.</param>
    public static void Run(
        ArrayView<float> logits, ArrayView<float> scales, ArrayView<ulong> leaders, ArrayView<float> parts, ArrayView<int> seen, ArrayView<ulong> results, int columns, int runs, int count)
    {
        ArrayView<ulong> keys = SharedMemory.Allocate<ulong>(Capacity);
        ArrayView<ulong> first = SharedMemory.Allocate<ulong>(Most);
        ArrayView<int> counts = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        ArrayView<int> shared = SharedMemory.Allocate<int>(2);
        ArrayView<float> weights = SharedMemory.Allocate<float>(2 * MostGroups);
        ArrayView<int> sights = SharedMemory.Allocate<int>(MostGroups);
        int thread = Group.IdxX;
        int row = Grid.IdxX;
        long start = (long)row * columns;
        int limit = count;
        if (limit > runs)
            limit = runs;

        int groups = runs / LeaderKernel.RunsPerGroup;
        for (int i = thread; i < groups; i += Group.DimX)
        {
            long part = ((long)row * groups) + i;
            weights[2 * i] = parts[2 * part];
            weights[(2 * i) + 1] = parts[(2 * part) + 1];
            sights[i] = seen[part];
        }

        // The largest leaders, sorted.
        int length = DescendingSort.Length(runs);
        for (int i = thread; i < length; i += Group.DimX)
        {
            ulong key = OrderedKey.None;
            if (i < runs)
                key = leaders[((long)row * runs) + i];
            keys[i] = key;
        }

        DescendingSort.Run(keys, length);
        int kept = limit;
        if (columns > runs)
        {
            for (int i = thread; i < limit; i += Group.DimX)
                first[i] = keys[i];
            ulong least = 1;
            if (limit == count && keys[limit - 1] > least)
                least = keys[limit - 1];
            kept = 0;
            Group.Barrier();
            int next = 0;
            // Leaders are sorted: behind one that is too small, all are.
            while (next < limit && first[next] >= least)
            {
                // Each thread has one of the next runs.
                int run = -1;
                if (next + thread < limit && first[next + thread] >= least)
                    run = OrderedKey.Index(first[next + thread]) % runs;
                int found = 0;
                if (run >= 0)
                    found = Count(logits, start, columns, runs, run, least);
                int end = kept + PrefixSum(counts, found);
                if (end <= Capacity && run >= 0)
                {
                    if (found > 0)
                        Gather(logits, start, columns, runs, run, least, keys, end - found);
                    bool isLast = thread + 1 == Group.DimX || next + thread + 1 == limit;
                    if (!isLast)
                        isLast = first[next + thread + 1] < least || kept + counts[thread + 1] > Capacity;
                    if (isLast)
                    {
                        shared[0] = thread + 1;
                        shared[1] = end;
                    }
                }

                Group.Barrier();
                next += shared[0];
                kept = shared[1];
                length = DescendingSort.Length(kept);
                for (int i = kept + thread; i < length; i += Group.DimX)
                    keys[i] = OrderedKey.None;
                DescendingSort.Run(keys, length);
                if (kept >= count)
                {
                    kept = count;
                    // Only what is larger still counts; keys are distinct.
                    least = keys[count - 1] + 1;
                }
            }
        }

        for (int i = thread; i < kept; i += Group.DimX)
            results[((long)row * (count + 1)) + 1 + i] = keys[i];
        if (thread == 0)
        {
            // Runs without a finite element have no leader.
            while (kept > 0 && keys[kept - 1] == OrderedKey.None)
                kept--;
            results[(long)row * (count + 1)] = Head(weights, sights, groups, scales[row], kept);
        }
    }

    private static int Count(ArrayView<float> logits, long start, int columns, int runs, int run, ulong least)
    {
        int found = 0;
        int column = run;
        for (; column + (3 * runs) < columns; column += 4 * runs)
        {
            // Four reads are under way before the first is needed.
            float a = logits[start + column];
            float b = logits[start + column + runs];
            float c = logits[start + column + (2 * runs)];
            float d = logits[start + column + (3 * runs)];
            found += IsWanted(a, column, least) ? 1 : 0;
            found += IsWanted(b, column + runs, least) ? 1 : 0;
            found += IsWanted(c, column + (2 * runs), least) ? 1 : 0;
            found += IsWanted(d, column + (3 * runs), least) ? 1 : 0;
        }

        for (; column < columns; column += runs)
            found += IsWanted(logits[start + column], column, least) ? 1 : 0;
        return found;
    }

    private static void Gather(ArrayView<float> logits, long start, int columns, int runs, int run, ulong least, ArrayView<ulong> keys, int at)
    {
        for (int column = run; column < columns; column += runs)
        {
            float value = logits[start + column];
            if (IsWanted(value, column, least))
            {
                keys[at] = OrderedKey.Of(value, column);
                at++;
            }
        }
    }

    private static bool IsWanted(float value, int column, ulong least)
    {
        bool isWanted = OrderedKey.Of(value, column) >= least;
        return isWanted & Curves.IsFinite(value);
    }

    /// <summary>The sum of the values of this thread and those before it.</summary>
    private static int PrefixSum(ArrayView<int> counts, int value)
    {
        int thread = Group.IdxX;
        int sum = value;
        counts[thread] = sum;
        Group.Barrier();
        for (int offset = 1; offset < Group.DimX; offset *= 2)
        {
            if (thread >= offset)
                sum += counts[thread - offset];
            Group.Barrier();
            counts[thread] = sum;
            Group.Barrier();
        }

        return sum;
    }

    /// <summary>The row's first result: the parts are added in their order.</summary>
    private static ulong Head(ArrayView<float> weights, ArrayView<int> sights, int groups, float scale, int found)
    {
        RunState state = default;
        for (int i = 0; i < groups; i++)
        {
            state.AddWeight(weights[2 * i], weights[(2 * i) + 1], scale);
            state.Seen |= sights[i];
        }

        int count = found;
        if (state.Seen != RunState.Finite)
            count = -1;
        return ((ulong)(uint)count << 32) | Interop.FloatAsInt(state.Sum);
    }
}

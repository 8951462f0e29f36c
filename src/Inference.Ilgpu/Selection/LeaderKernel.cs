using ILGPU;
using Inference.Ilgpu.Elements;

namespace Inference.Ilgpu.Selection;

/// <summary>
/// Reads rows once: the largest element of each of a row's runs, and the weight of its runs together. Run r has the elements r, r + runs,
/// r + 2 x runs and so on; a group of threads computes <see cref="RunsPerGroup"/> neighbouring runs.
/// </summary>
internal static class LeaderKernel
{
    public const int RunsPerGroup = 32;

    /// <param name="logits">[rows, columns].</param>
    /// <param name="scales">One over the temperature of each row.</param>
    /// <param name="leaders">[rows, runs]. Receives the largest of each run as an <see cref="OrderedKey"/>, or <see cref="OrderedKey.None"/>.</param>
    /// <param name="parts">[rows, groups of runs, 2]. Receives the largest element of the groups' runs and their weight.</param>
    /// <param name="seen">[rows, groups of runs]. Receives <see cref="RunState.Seen"/>.</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="runs">Runs a row, a multiple of <see cref="RunsPerGroup"/>.</param>
    public static void Run(ArrayView<float> logits, ArrayView<float> scales, ArrayView<ulong> leaders, ArrayView<float> parts, ArrayView<int> seen, int columns, int runs)
    {
        ArrayView<ulong> bests = SharedMemory.Allocate<ulong>(GroupSum.MostThreads);
        ArrayView<float> maxima = SharedMemory.Allocate<float>(GroupSum.MostThreads);
        ArrayView<float> sums = SharedMemory.Allocate<float>(GroupSum.MostThreads);
        ArrayView<int> sights = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        int thread = Group.IdxX;
        int lane = thread % RunsPerGroup;
        int run = (Grid.IdxX * RunsPerGroup) + lane;
        int step = runs * (Group.DimX / RunsPerGroup);
        long start = (long)Grid.IdxY * columns;
        float scale = scales[Grid.IdxY];
        RunState state = default;
        int column = run + (thread / RunsPerGroup * runs);
        for (; column + (3 * step) < columns; column += 4 * step)
        {
            // Four reads are under way before the first is needed.
            float a = logits[start + column];
            float b = logits[start + column + step];
            float c = logits[start + column + (2 * step)];
            float d = logits[start + column + (3 * step)];
            state.Add(a, column, scale);
            state.Add(b, column + step, scale);
            state.Add(c, column + (2 * step), scale);
            state.Add(d, column + (3 * step), scale);
        }

        for (; column < columns; column += step)
            state.Add(logits[start + column], column, scale);

        // Shares of a run, then runs, onto each other.
        bests[thread] = state.Best;
        maxima[thread] = state.Max;
        sums[thread] = state.Sum;
        sights[thread] = state.Seen;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (half == RunsPerGroup / 2 && thread < RunsPerGroup)
                leaders[((long)Grid.IdxY * runs) + run] = state.Best;
            if (thread < half)
            {
                int other = thread + half;
                if (bests[other] > state.Best)
                    state.Best = bests[other];
                state.AddWeight(maxima[other], sums[other], scale);
                state.Seen |= sights[other];
                bests[thread] = state.Best;
                maxima[thread] = state.Max;
                sums[thread] = state.Sum;
                sights[thread] = state.Seen;
            }

            Group.Barrier();
        }

        if (thread == 0)
        {
            long group = ((long)Grid.IdxY * (runs / RunsPerGroup)) + Grid.IdxX;
            parts[2 * group] = state.Max;
            parts[(2 * group) + 1] = state.Sum;
            seen[group] = state.Seen;
        }
    }
}

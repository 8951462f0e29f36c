using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The index of the largest element of each row, the lowest among equals; -1 for a row with a NaN or without a finite number.</summary>
internal static unsafe class ArgMaxKernel
{
    /// <summary>Finds one index for each row.</summary>
    public static void Run(ThreadTeam team, float* values, int rows, int columns, int* indices)
    {
        var job = new Job { Values = values, Columns = columns, Indices = indices, Share = new WorkShare(team, rows, columns) };
        job.Share.Run(team, &Body, &job);
    }

    private static void Body(int worker, void* state)
    {
        ref Job job = ref *(Job*)state;
        nint end = job.Share.First(worker + 1);
        for (nint row = job.Share.First(worker); row < end; row++)
            job.Indices[row] = Find(job.Values + row * job.Columns, job.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Find(float* values, int count)
    {
        Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
        Vector512<int> where = Vector512.Create(-1);
        Vector512<int> index = Vector512<int>.Indices;
        Vector512<float> ordered = Vector512<float>.AllBitsSet;
        int i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> candidates = Vector512.Load(values + i);
            Vector512<float> larger = Vector512.GreaterThan(candidates, largest);
            largest = Vector512.ConditionalSelect(larger, candidates, largest);
            where = Vector512.ConditionalSelect(larger.AsInt32(), index, where);
            ordered &= Vector512.Equals(candidates, candidates);
            index += Vector512.Create(Lanes.Count);
        }

        if (!Vector512.EqualsAll(ordered.AsInt32(), Vector512<int>.AllBitsSet))
            return -1;

        float best = float.NegativeInfinity;
        int found = -1;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            if (largest[lane] > best || (largest[lane] == best && (uint)where[lane] < (uint)found))
                (best, found) = (largest[lane], where[lane]);
        }

        for (; i < count; i++)
        {
            if (float.IsNaN(values[i]))
                return -1;
            if (values[i] > best)
                (best, found) = (values[i], i);
        }

        return float.IsFinite(best) || HasFinite(values, count) ? found : -1;
    }

    private static bool HasFinite(float* values, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (float.IsFinite(values[i]))
                return true;
        }

        return false;
    }

    private struct Job
    {
        public float* Values;
        public int Columns;
        public int* Indices;
        public WorkShare Share;
    }
}

using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>The sum over the threads of a group, added as a tree whose shape depends on the size of the group alone.</summary>
internal static class GroupSum
{
    /// <summary>Threads a group; groups are powers of two.</summary>
    public const int MostThreads = 256;

    /// <param name="shared">Room for a float of each thread; may be used again when this returns.</param>
    /// <param name="value">This thread's part.</param>
    /// <returns>The sum, to every thread.</returns>
    public static float Of(ArrayView<float> shared, float value)
    {
        int thread = Group.IdxX;
        shared[thread] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (thread < half)
                shared[thread] += shared[thread + half];
            Group.Barrier();
        }

        float sum = shared[0];
        Group.Barrier();
        return sum;
    }
}

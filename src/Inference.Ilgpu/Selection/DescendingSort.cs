using ILGPU;

namespace Inference.Ilgpu.Selection;

/// <summary>Sorts keys in shared memory by the threads of a group.</summary>
/// <remarks>Batcher, Sorting networks and their applications (1968): the bitonic network, whose comparisons do not depend on the keys.</remarks>
internal static class DescendingSort
{
    /// <param name="keys">The keys; sorted, for all threads, when this returns.</param>
    /// <param name="length">How many of them, a power of two.</param>
    public static void Run(ArrayView<ulong> keys, int length)
    {
        Group.Barrier();
        for (int size = 2; size <= length; size *= 2)
        {
            for (int stride = size / 2; stride > 0; stride /= 2)
            {
                for (int pair = Group.IdxX; pair < length / 2; pair += Group.DimX)
                {
                    int low = (2 * pair) - (pair & (stride - 1));
                    ulong first = keys[low];
                    ulong second = keys[low + stride];
                    bool descends = (low & size) == 0;
                    if (first < second == descends)
                    {
                        keys[low] = second;
                        keys[low + stride] = first;
                    }
                }

                Group.Barrier();
            }
        }
    }

    /// <summary>The least power of two that is no less.</summary>
    public static int Length(int count)
    {
        int length = 2;
        while (length < count)
            length *= 2;
        return length;
    }
}

using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>The largest of the values that the threads of a group have, with its index; the lowest index among equals.</summary>
internal static class GroupLargest
{
    /// <summary>The index of a thread that has none.</summary>
    public const int None = int.MaxValue;

    /// <param name="values">Room for a float of each thread; the first is the largest when this returns.</param>
    /// <param name="indices">Room for an index of each; the first is the largest's when this returns.</param>
    /// <param name="value">This thread's value.</param>
    /// <param name="index">Its index.</param>
    public static void Find(ArrayView<float> values, ArrayView<int> indices, float value, int index)
    {
        int thread = Group.IdxX;
        values[thread] = value;
        indices[thread] = index;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                float other = values[thread + half];
                int otherIndex = indices[thread + half];
                if (other > values[thread] || (other == values[thread] && otherIndex < indices[thread]))
                {
                    values[thread] = other;
                    indices[thread] = otherIndex;
                }
            }

            Group.Barrier();
        }
    }
}

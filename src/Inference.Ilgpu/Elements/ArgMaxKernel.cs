using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>The index of the largest element of each row, the lowest among equals; -1 for a row with a NaN or without a finite number.</summary>
internal static class ArgMaxKernel
{
    private const int None = int.MaxValue;

    public static void Run(ArrayView<float> logits, ArrayView<int> results, int columns)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(GroupSum.MostThreads);
        ArrayView<int> indices = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        ArrayView<int> usable = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        int thread = Group.IdxX;
        long start = (long)Grid.IdxX * columns;
        float best = float.NegativeInfinity;
        int at = None;
        // Bit 0: a finite number was seen; bit 1: a NaN was.
        int seen = 0;
        for (int i = thread; i < columns; i += Group.DimX)
        {
            float value = logits[start + i];
            // Not one nested condition: ILGPU 1.5.3 makes the wrong choice of constants of that.
            seen |= Curves.IsNaN(value) ? 2 : 0;
            seen |= Curves.IsFinite(value) ? 1 : 0;
            if (value > best || at == None)
            {
                best = value;
                at = i;
            }
        }

        values[thread] = best;
        indices[thread] = at;
        usable[thread] = seen;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                float other = values[thread + half];
                int otherIndex = indices[thread + half];
                usable[thread] |= usable[thread + half];
                if (other > values[thread] || (other == values[thread] && otherIndex < indices[thread]))
                {
                    values[thread] = other;
                    indices[thread] = otherIndex;
                }
            }

            Group.Barrier();
        }

        if (thread == 0)
            results[Grid.IdxX] = usable[0] == 1 ? indices[0] : -1;
    }
}

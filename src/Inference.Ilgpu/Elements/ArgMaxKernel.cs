using ILGPU;

namespace Inference.Ilgpu.Elements;

/// <summary>The index of the largest element of each row, the lowest among equals; -1 for a row with a NaN or without a finite number.</summary>
internal static class ArgMaxKernel
{
    public static void Run(ArrayView<float> logits, ArrayView<int> results, int columns)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(GroupSum.MostThreads);
        ArrayView<int> indices = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        ArrayView<int> usable = SharedMemory.Allocate<int>(GroupSum.MostThreads);
        int thread = Group.IdxX;
        long start = (long)Grid.IdxX * columns;
        float best = float.NegativeInfinity;
        int at = GroupLargest.None;
        // Bit 0: a finite number was seen; bit 1: a NaN was.
        int seen = 0;
        for (int i = thread; i < columns; i += Group.DimX)
        {
            float value = logits[start + i];
            // Not one nested condition: ILGPU 1.5.3 makes the wrong choice of constants of that.
            seen |= Curves.IsNaN(value) ? 2 : 0;
            seen |= Curves.IsFinite(value) ? 1 : 0;
            if (value > best || at == GroupLargest.None)
            {
                best = value;
                at = i;
            }
        }

        usable[thread] = seen;
        GroupLargest.Find(values, indices, best, at);
        if (thread == 0)
        {
            for (int i = 1; i < Group.DimX; i++)
                seen |= usable[i];
            results[Grid.IdxX] = seen == 1 ? indices[0] : -1;
        }
    }
}

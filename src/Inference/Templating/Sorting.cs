namespace Inference.Templating;

/// <summary>A stable merge sort: orders that contradict themselves (not-a-number) and comparisons that fail do it no harm.</summary>
internal static class Sorting
{
    public static T[] Sort<T>(RenderState state, T[] items, Func<T, T, bool> isLess, bool reverse = false)
    {
        state.AllocateElements(2L * items.Length);
        T[] sorted = [.. items];
        T[] scratch = new T[items.Length];
        // Python keeps equal elements in order in reverse sorts too.
        Func<T, T, bool> precedes = reverse ? (left, right) => isLess(right, left) : isLess;
        Sort(sorted, scratch, 0, items.Length, precedes);
        return sorted;
    }

    private static void Sort<T>(T[] items, T[] scratch, int start, int end, Func<T, T, bool> precedes)
    {
        if (end - start < 2)
            return;
        int middle = start + (end - start) / 2;
        Sort(items, scratch, start, middle, precedes);
        Sort(items, scratch, middle, end, precedes);
        int left = start;
        int right = middle;
        for (int i = start; i < end; i++)
        {
            bool fromRight = left == middle || (right < end && precedes(items[right], items[left]));
            scratch[i] = items[fromRight ? right++ : left++];
        }
        Array.Copy(scratch, start, items, start, end - start);
    }
}

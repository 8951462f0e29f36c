using ILGPU;

namespace Inference.Ilgpu.Attention;

/// <summary>Turns queries and keys by their positions, in place. A thread for each pair of elements of each head.</summary>
internal static class RotateKernel
{
    /// <param name="index">Row x (heads + key-value heads) x pairs.</param>
    /// <param name="queries">[rows, heads x head size].</param>
    /// <param name="keys">[rows, key-value heads x head size].</param>
    /// <param name="positions">Of each row.</param>
    /// <param name="table">Cosine and sine of each pair at each position, one after the other.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyHeads">Key-value heads.</param>
    /// <param name="headSize">Elements a head.</param>
    /// <param name="pairs">Pairs that are turned.</param>
    /// <param name="halves">1 where a pair is an element and the one half the turned length further, 0 where it is two neighbours.</param>
    public static void Run(Index1D index, ArrayView<float> queries, ArrayView<float> keys, ArrayView<int> positions, ArrayView<float> table, int heads, int keyHeads, int headSize, int pairs, int halves)
    {
        int pair = index % pairs;
        int slot = index / pairs;
        int head = slot % (heads + keyHeads);
        int row = slot / (heads + keyHeads);
        long angle = ((long)positions[row] * pairs + pair) * 2;
        int first = pair * 2;
        int second = pair * 2 + 1;
        if (halves != 0)
        {
            first = pair;
            second = pair + pairs;
        }

        if (head < heads)
            Turn(queries, ((long)row * heads + head) * headSize, first, second, table[angle], table[angle + 1]);
        else
            Turn(keys, ((long)row * keyHeads + head - heads) * headSize, first, second, table[angle], table[angle + 1]);
    }

    private static void Turn(ArrayView<float> tensor, long start, int first, int second, float cosine, float sine)
    {
        float x = tensor[start + first];
        float y = tensor[start + second];
        tensor[start + first] = x * cosine - y * sine;
        tensor[start + second] = x * sine + y * cosine;
    }
}

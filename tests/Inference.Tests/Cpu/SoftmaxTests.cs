using System.Runtime.InteropServices;
using Inference.Cpu;

namespace Inference.Tests.Cpu;

public sealed unsafe class SoftmaxTests
{
    private const int Chunk = CacheReader.ChunkSize;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(256)]
    public void Queries_together_have_the_bits_of_each_alone(int queries)
    {
        float[] scores = Scores(queries, spread: 60);
        float[] alone = [.. scores];
        float[] largest = new float[queries];
        float[] sums = new float[queries];
        fixed (float* together = scores, one = alone, tops = largest, weights = sums)
        {
            Softmax.SoftenWhole(together, queries, 0.18f, tops, weights);
            for (int query = 0; query < queries; query++)
            {
                (float top, float weight) = Softmax.Soften(one + query * Chunk, 0, Chunk, 0.18f);
                Assert.Equal(Bits(top), Bits(largest[query]));
                Assert.Equal(Bits(weight), Bits(sums[query]));
            }
        }

        Assert.True(MemoryMarshal.Cast<float, int>(alone).SequenceEqual(MemoryMarshal.Cast<float, int>(scores)));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(0, 1)]
    [InlineData(0, 33)]
    [InlineData(17, 48)]
    [InlineData(63, 64)]
    public void Weights_are_powers_of_two_and_0_where_a_query_does_not_see(int hidden, int visible)
    {
        const float Scale = 0.25f;
        float[] scores = Scores(1, spread: 200);
        double[] exponents = [.. scores.Select(score => (double)score * Scale)];
        double top = exponents[hidden..visible].Max();
        (float Largest, float Weight) result;
        fixed (float* chunk = scores)
            result = Softmax.Soften(chunk, hidden, visible, Scale);

        Assert.Equal(top, result.Largest, 1e-6 * Math.Abs(top));
        double sum = 0;
        for (int i = 0; i < (visible + 15) / 16 * 16; i++)
        {
            double expected = i >= hidden && i < visible ? Math.Pow(2, exponents[i] - top) : 0;
            sum += expected;
            Assert.InRange(scores[i], expected * (1 - 1e-5), expected * (1 + 1e-5));
        }

        Assert.InRange(result.Weight, sum * (1 - 1e-5), sum * (1 + 1e-5));
    }

    private static float[] Scores(int queries, float spread)
    {
        var random = new Random(queries);
        float[] scores = new float[queries * Chunk];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = (random.NextSingle() - 0.5f) * spread;
        return scores;
    }

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);
}

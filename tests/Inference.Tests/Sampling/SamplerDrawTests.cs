using Inference.Sampling;

namespace Inference.Tests.Sampling;

public class SamplerDrawTests
{
    public static TheoryData<int, float, float> Filters => new() { { 0, 1, 0 }, { 5, 1, 0 }, { 0, 0.8f, 0 }, { 0, 1, 0.1f }, { 6, 0.9f, 0.05f } };

    [Theory]
    [MemberData(nameof(Filters))]
    public void Draws_follow_the_renormalised_probabilities(int topK, float topP, float minP)
    {
        float[] logits = [0.3f, -1.2f, 2.0f, 1.1f, float.NegativeInfinity, 0.9f, -3f, 1.9f, 0.1f, 0.2f];
        SamplingParameters parameters = new() { Temperature = 0.8f, TopK = topK, TopP = topP, MinP = minP, Seed = 42 };
        HashSet<int> kept = NaiveSampling.Filter(parameters, logits).Kept;
        double[] probabilities = NaiveSampling.Probabilities(logits, 0.8);
        double sum = kept.Sum(i => probabilities[i]);

        const int draws = 40_000;
        int[] counts = Count(parameters, logits, draws);

        double chiSquare = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double expected = kept.Contains(i) ? draws * probabilities[i] / sum : 0;
            if (expected == 0)
                Assert.Equal(0, counts[i]);
            else
                chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
        }

        // The 99.9th percentile for 9 degrees of freedom; the seed is fixed, so this passes always or never.
        Assert.InRange(chiSquare, 0, 27.9);
    }

    [Fact]
    public void Draws_from_a_large_vocabulary_follow_the_probabilities()
    {
        float[] logits = [.. Enumerable.Range(0, 5000).Select(i => (float)Math.Sin(i))];
        double[] probabilities = NaiveSampling.Probabilities(logits, 1.5);
        const int draws = 20_000;
        int[] counts = Count(new() { Temperature = 1.5f, Seed = 1 }, logits, draws);

        double chiSquare = 0;
        for (int start = 0; start < 5000; start += 100)
        {
            double expected = draws * probabilities.Skip(start).Take(100).Sum();
            double difference = counts.Skip(start).Take(100).Sum() - expected;
            chiSquare += difference * difference / expected;
        }

        // The 99.9th percentile for 49 degrees of freedom.
        Assert.InRange(chiSquare, 0, 85.4);
    }

    [Fact]
    public void A_draw_depends_on_seed_and_position_alone()
    {
        float[] logits = [.. Enumerable.Range(0, 1000).Select(i => (float)Math.Cos(i * i))];
        SamplingParameters parameters = new() { Temperature = 1, TopP = 0.9f, Seed = 5 };
        SamplerScratch used = new();
        Sampler first = new(parameters, 1000, []);
        int[] forward = [.. Enumerable.Range(0, 200).Select(i => first.Sample(logits, i, used).Token)];
        int[] backward = [.. Enumerable.Range(0, 200).Reverse().Select(i => new Sampler(parameters, 1000, [1, 2]).Sample(logits, i, new SamplerScratch()).Token).Reverse()];
        int[] other = [.. Enumerable.Range(0, 200).Select(i => new Sampler(parameters with { Seed = 6 }, 1000, []).Sample(logits, i, used).Token)];

        Assert.Equal(forward, backward);
        Assert.NotEqual(forward, other);
    }

    [Fact]
    public void A_tiny_temperature_is_greedy()
    {
        float[] logits = [1f, 3f, 2.9999998f, -float.MaxValue, float.NegativeInfinity];
        Sampler sampler = new(new() { Temperature = float.Epsilon, Seed = 3 }, 5, []);
        Sampler filtered = new(new() { Temperature = float.Epsilon, Seed = 3, TopP = 0.99f, MinP = 0.2f }, 5, []);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(1, sampler.Sample(logits, i, new SamplerScratch()).Token);
            Assert.Equal(1, filtered.Sample(logits, i, new SamplerScratch()).Token);
        }
    }

    [Fact]
    public void Sampling_allocates_nothing()
    {
        float[] logits = [.. Enumerable.Range(0, 20_000).Select(i => (float)Math.Sin(i * 0.7) * 6)];
        SamplingParameters all = new() { Temperature = 0.8f, Seed = 9, LogitBias = new Dictionary<int, float> { [3] = 1 } };
        Sampler[] samplers =
        [
            new(new(), 20_000, []),
            new(all, 20_000, []),
            new(all with { TopK = 40 }, 20_000, []),
            new(all with { TopP = 0.9f }, 20_000, []),
            new(all with { MinP = 0.05f }, 20_000, []),
            new(all with { TopK = 40, TopP = 0.9f, RepetitionPenalty = 1.1f, FrequencyPenalty = 0.1f }, 20_000, [1, 2, 3]),
        ];
        SamplerScratch scratch = new();

        void Step(int position)
        {
            foreach (Sampler sampler in samplers)
            {
                sampler.Sample(logits, position, scratch);
                sampler.Accept(position % 10);
            }
        }

        int position = 0;
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                Step(position++);
        }));
    }

    private static int[] Count(SamplingParameters parameters, float[] logits, int draws)
    {
        Sampler sampler = new(parameters, logits.Length, []);
        SamplerScratch scratch = new();
        int[] counts = new int[logits.Length];
        for (int i = 0; i < draws; i++)
            counts[sampler.Sample(logits, i, scratch).Token]++;
        return counts;
    }
}

using FsCheck;
using FsCheck.Fluent;
using Inference.Sampling;

namespace Inference.Tests.Sampling;

public class SamplerFilterTests
{
    [Fact]
    public void Filters_keep_what_sorting_everything_keeps()
    {
        int compared = 0;
        Gen<(float[], SamplingParameters)> cases =
            from size in Gen.Elements(1, 2, 3, 7, 8, 9, 33, 250, 1500, 5000)
            from seed in Gen.Choose(0, int.MaxValue)
            from spread in Gen.Elements(0, 0.01, 1, 5, 40)
            from levels in Gen.Elements(0, 1, 3, 100)
            from temperature in Gen.Elements(0.05f, 0.7f, 1f, 3f)
            from topK in Gen.Elements(0, 1, 2, 5, 40, 600, 100_000)
            from topP in Gen.Elements(1f, 0.999f, 0.95f, 0.5f, 0.1f, 1e-6f)
            from minP in Gen.Elements(0f, 0f, 0.001f, 0.05f, 0.5f, 1f)
            select (Logits(size, seed, spread, levels), new SamplingParameters { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP });

        SamplerScratch scratch = new();
        Prop.ForAll(cases.ToArbitrary(), testCase =>
        {
            (float[] logits, SamplingParameters parameters) = testCase;
            (HashSet<int> expected, bool close) = NaiveSampling.Filter(parameters, logits);
            if (close)
                return true;

            compared++;
            HashSet<int> kept = [];
            foreach (ulong key in Sampler.Filter(parameters, logits, new Softmax(logits.Max(), parameters.Temperature), scratch))
                Assert.True(kept.Add(Candidates.Token(key)));
            return kept.SetEquals(expected);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(new Replay(new Rnd(20_26, 11), FSharpNone<int>())));
        Assert.True(compared > 1000, $"only {compared} cases were compared");
    }

    [Fact]
    public void Quickselect_moves_the_greatest_first()
    {
        Random random = new(3);
        for (int round = 0; round < 500; round++)
        {
            int length = random.Next(1, 300);
            ulong[] keys = [.. Enumerable.Range(0, length).Select(i => Candidates.Key(random.Next(20) * (round % 2), i))];
            if (round % 3 == 0)
                Array.Sort(keys);
            int count = random.Next(0, length + 1);
            ulong[] expected = [.. keys.OrderDescending().Take(count).Order()];
            Candidates.MoveGreatestFirst(keys, count);
            Assert.Equal(expected, keys.Take(count).Order());
        }
    }

    [Fact]
    public void Keys_order_logits_and_prefer_lower_tokens()
    {
        float[] logits = [float.MinValue, -1.5f, -float.Epsilon, 0f, float.Epsilon, 2f, float.MaxValue];
        for (int i = 1; i < logits.Length; i++)
            Assert.True(Candidates.Key(logits[i], 9) > Candidates.Key(logits[i - 1], 0));
        Assert.True(Candidates.Key(1f, 3) > Candidates.Key(1f, 4));
        Assert.True(Candidates.Key(-0f, 3) > Candidates.Key(0f, 4));
        Assert.Equal((12345, -1.5f), (Candidates.Token(Candidates.Key(-1.5f, 12345)), Candidates.Logit(Candidates.Key(-1.5f, 12345))));
    }

    private static Microsoft.FSharp.Core.FSharpOption<T> FSharpNone<T>() => Microsoft.FSharp.Core.FSharpOption<T>.None;

    // Few levels make many ties; some logits are ruled out.
    private static float[] Logits(int size, int seed, double spread, int levels)
    {
        Random random = new(seed);
        float[] logits = new float[size];
        for (int i = 0; i < size; i++)
        {
            double value = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            logits[i] = (float)(spread * (levels == 0 ? value : Math.Round(value * levels) / levels));
            if (i > 0 && random.Next(50) == 0)
                logits[i] = float.NegativeInfinity;
        }

        return logits;
    }
}

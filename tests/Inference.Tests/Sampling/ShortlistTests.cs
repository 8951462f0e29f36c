using FsCheck;
using FsCheck.Fluent;
using Inference.Sampling;
using Inference.Tests.Execution;

namespace Inference.Tests.Sampling;

/// <summary>That a row's greatest logits give the token that the row gives, or say that they do not suffice.</summary>
public class ShortlistTests
{
    private static readonly SamplerScratch _rowScratch = new();
    private static readonly SamplerScratch _listScratch = new();

    [Fact]
    public void A_shortlist_gives_the_token_of_the_row()
    {
        int chosen = 0, left = 0;
        Gen<(float[], SamplingParameters, int, int, double)> cases =
            from size in Gen.Elements(1, 2, 7, 33, 250, 257, 1500, 5000)
            from seed in Gen.Choose(0, int.MaxValue)
            from spread in Gen.Elements(0, 0.01, 1, 5, 40, 1e30)
            from levels in Gen.Elements(0, 1, 3, 100)
            from banned in Gen.Elements(0, 0.02, 0.98)
            from temperature in Gen.Elements(1e-35f, 0.05f, 0.7f, 1f, 3f, 1e20f)
            from topK in Gen.Elements(0, 0, 1, 2, 5, 40, 64, 65, 200, 256, 100_000)
            from topP in Gen.Elements(1f, 1f, 0.99999994f, 0.9999f, 0.95f, 0.9f, 0.5f, 0.25f, 0.1f, 1e-6f)
            from minP in Gen.Elements(0f, 0f, 0f, 0.001f, 0.05f, 0.5f, 1f)
            from most in Gen.Elements(1, 8, 64, 128, 256, 1000)
            from position in Gen.Choose(0, 100_000)
            from error in Gen.Elements(-1e-5, -1e-7, 0, 1e-7, 1e-5)
            select (Logits(size, seed, spread, levels, banned), new SamplingParameters { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = (ulong)seed }, most, position, error);

        Prop.ForAll(cases.ToArbitrary(), testCase =>
        {
            (float[] logits, SamplingParameters parameters, int most, int position, double error) = testCase;
            Sampler sampler = new(parameters, logits.Length, []);
            int length = sampler.ShortlistLength(most);
            if (length == 0)
                return true;
            int expected = sampler.Sample(logits, position, _rowScratch).Token;
            // A longer list, as others of the step may have asked for, changes nothing that a top-k or the longest list decides.
            foreach (int asked in (int[])[length, Math.Min(Math.Max(length, most), Shortlist.Longest)])
            {
                if (TrySample(sampler, logits, parameters.Temperature, asked, position, error) is not { } token)
                {
                    left++;
                    Assert.False(parameters.TopK > 0 && parameters.TopK < logits.Length);
                    continue;
                }

                chosen++;
                Assert.Equal(expected, token);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(6000).WithReplay(new Replay(new Rnd(20_26, 11), Microsoft.FSharp.Core.FSharpOption<int>.None)));
        Assert.True(chosen > 3000 && left > 200, $"{chosen} chosen, {left} left to the row");
    }

    [Theory]
    [InlineData(0.5f, 2)]
    [InlineData(0.4999f, 2)]
    [InlineData(0.5001f, 3)]
    public void A_cut_at_the_edge_of_a_sum_is_left_to_the_row(float topP, int kept)
    {
        // Four equal weights: half of their sum is reached by two exactly, and no sum of a device says so for certain.
        float[] logits = [1, 1, 1, 1, -200, -200];
        Sampler sampler = new(new() { Temperature = 1, TopP = topP }, logits.Length, []);
        HashSet<int> tokens = [];
        foreach (int position in Enumerable.Range(0, 200))
        {
            int? token = TrySample(sampler, logits, 1, 6, position, 0);
            Assert.Equal(topP == 0.5f, token is null);
            int expected = sampler.Sample(logits, position, _rowScratch).Token;
            Assert.Equal(expected, token ?? expected);
            tokens.Add(expected);
        }

        Assert.Equal(Enumerable.Range(0, kept), tokens.Order());
    }

    [Fact]
    public void A_nucleus_beyond_the_list_is_left_to_the_row()
    {
        float[] logits = new float[1000];
        Assert.Null(TrySample(new Sampler(new() { Temperature = 1, TopP = 0.9f }, 1000, []), logits, 1, 256, 0, 0));
        Assert.Null(TrySample(new Sampler(new() { Temperature = 1, MinP = 0.5f }, 1000, []), logits, 1, 256, 0, 0));
        // Min-p cuts what top-p would not.
        logits[7] = logits[3] = 5;
        Assert.NotNull(TrySample(new Sampler(new() { Temperature = 1, TopP = 0.99f, MinP = 0.5f }, 1000, []), logits, 1, 256, 0, 0));
    }

    [Fact]
    public void A_draw_beside_the_edge_of_a_weight_is_left_to_the_row()
    {
        // The first of two equal weights ends at a half.
        Softmax softmax = new(1, 1);
        Shortlist list = new([1, 1], [4, 9], isAll: false, sum: 2.5f);
        Assert.Equal(4, list.Draw(softmax, 0));
        Assert.Equal(4, list.Draw(softmax, 0.3999));
        Assert.Equal(-1, list.Draw(softmax, 0.4 - 1e-6));
        Assert.Equal(-1, list.Draw(softmax, 0.4 + 1e-6));
        Assert.Equal(9, list.Draw(softmax, 0.4001));
        Assert.Equal(9, list.Draw(softmax, 0.7999));
        Assert.Equal(-1, list.Draw(softmax, 0.8));
        Assert.Equal(-1, list.Draw(softmax, 0.9999));
    }

    [Fact]
    public void Parameters_alone_say_what_suffices()
    {
        Assert.Equal(40, Length(new() { Temperature = 1, TopK = 40, TopP = 0.9f }));
        Assert.Equal(128, Length(new() { Temperature = 1, TopK = 128 }));
        Assert.Equal(0, Length(new() { Temperature = 1, TopK = 129 }));
        Assert.Equal(128, Length(new() { Temperature = 1, TopK = 1000, MinP = 0.1f }));
        Assert.Equal(128, Length(new() { Temperature = 1, TopP = 0.9f }));
        Assert.Equal(128, Length(new() { Temperature = 1 }));
        Assert.Equal(0, Length(new() { TopK = 40 }));
        Assert.Equal(0, Length(new() { Temperature = 1, TopK = 40, LogProbabilities = 0 }));
        Assert.Equal(0, Length(new() { Temperature = 1, TopK = 40, RepetitionPenalty = 1.1f }));
        Assert.Equal(0, Length(new() { Temperature = 1, TopK = 40, FrequencyPenalty = 1 }));
        Assert.Equal(0, Length(new() { Temperature = 1, TopK = 40, LogitBias = new Dictionary<int, float> { [1] = 1 } }));
        Assert.Equal(0, Length(new() { Temperature = 1, TopK = 40, Forced = [1] }));
        Assert.Equal(Shortlist.Longest, new Sampler(new() { Temperature = 1, TopP = 0.9f }, 1000, []).ShortlistLength(5000));

        static int Length(SamplingParameters parameters) => new Sampler(parameters, 1000, []).ShortlistLength(128);
    }

    private static int? TrySample(Sampler sampler, float[] logits, float temperature, int count, int position, double error)
    {
        PlainSelection selection = PlainSelection.Of(logits, count, Math.Max(temperature, 1e-30f));
        Shortlist list = new(selection.Values, selection.Tokens, selection.Count < count, (float)(selection.Sum * (1 + error)));
        return sampler.TrySample(list, position, _listScratch, out SampledToken token) ? token.Token : null;
    }

    // Few levels make many ties.
    private static float[] Logits(int size, int seed, double spread, int levels, double banned)
    {
        Random random = new(seed);
        float[] logits = new float[size];
        for (int i = 0; i < size; i++)
        {
            double value = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            logits[i] = (float)(spread * (levels == 0 ? value : Math.Round(value * levels) / levels));
            if (random.NextDouble() < banned)
                logits[i] = float.NegativeInfinity;
        }

        logits[random.Next(size)] = (float)spread;
        return logits;
    }
}

using Inference.Sampling;

namespace Inference.Tests.Sampling;

public class SamplerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(19)]
    public void Greedy_takes_the_lowest_of_equal_tokens(int first)
    {
        float[] logits = new float[20];
        Array.Fill(logits, -2f);
        logits[first] = -0f;
        logits[^1] = 0f;
        Assert.Equal(first, Greedy(new(), logits));
    }

    [Fact]
    public void Bias_is_added_and_may_ban()
    {
        Assert.Equal(2, Greedy(new() { LogitBias = new Dictionary<int, float> { [2] = 5 } }, [1, 2, 0]));
        Assert.Equal(0, Greedy(new() { LogitBias = new Dictionary<int, float> { [1] = float.NegativeInfinity } }, [1, 2, 0]));
    }

    [Fact]
    public void Repetition_penalty_covers_prompt_and_output()
    {
        SamplingParameters parameters = new() { RepetitionPenalty = 2, LogProbabilities = 4 };
        Sampler sampler = new(parameters, 4, [0, 0, 99, -1]);
        sampler.Accept(2);
        // Logit 4 becomes 2, and -1 becomes -2, however often a token was seen.
        AssertLogits([2, 3, -2, 0], sampler.Sample([4, 3, -1, 0], 0, new SamplerScratch()));
    }

    [Fact]
    public void Frequency_and_presence_penalties_cover_the_output_alone()
    {
        SamplingParameters parameters = new() { FrequencyPenalty = 0.5f, PresencePenalty = 0.25f, LogProbabilities = 4 };
        Sampler sampler = new(parameters, 4, [0, 0]);
        sampler.Accept(1);
        sampler.Accept(1);
        sampler.Accept(3);
        AssertLogits([4, 3 - 1.25f, -1, -0.75f], sampler.Sample([4, 3, -1, 0], 0, new SamplerScratch()));
    }

    [Fact]
    public void Bias_comes_before_the_repetition_penalty_and_that_before_the_others()
    {
        SamplingParameters parameters = new()
        {
            LogitBias = new Dictionary<int, float> { [0] = 2 }, RepetitionPenalty = 2, PresencePenalty = 1, LogProbabilities = 2,
        };
        Sampler sampler = new(parameters, 2, []);
        sampler.Accept(0);
        AssertLogits([(-6 + 2) * 2 - 1, 1], sampler.Sample([-6, 1], 0, new SamplerScratch()));
    }

    [Fact]
    public void Log_probabilities_ignore_temperature_and_filters()
    {
        SamplingParameters parameters = new() { Temperature = 0.1f, TopK = 1, LogProbabilities = 2 };
        SampledToken sampled = new Sampler(parameters, 3, []).Sample([1, 3, 2], 0, new SamplerScratch());

        double total = Math.Log(Math.Exp(1) + Math.Exp(2) + Math.Exp(3));
        Assert.Equal(1, sampled.Token);
        Assert.Equal(3 - total, sampled.LogProbability!.Value, 1e-5);
        Assert.Equal([1, 2], sampled.Top!.Select(t => t.Token));
        Assert.Equal(2 - total, sampled.Top![1].LogProbability, 1e-5);
    }

    [Fact]
    public void Log_probabilities_are_given_only_as_asked()
    {
        Assert.Null(new Sampler(new(), 2, []).Sample([1, 2], 0, new SamplerScratch()).LogProbability);
        SampledToken chosenOnly = new Sampler(new() { LogProbabilities = 0 }, 2, []).Sample([1, 2], 0, new SamplerScratch());
        Assert.NotNull(chosenOnly.LogProbability);
        Assert.Empty(chosenOnly.Top!);
    }

    [Theory]
    [InlineData(new[] { 1f, float.NaN, 2f })]
    [InlineData(new[] { 1f, float.PositiveInfinity, 2f })]
    [InlineData(new[] { float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity })]
    public void Logits_without_meaning_are_refused(float[] logits)
    {
        foreach (float temperature in (float[])[0, 1])
        {
            Sampler sampler = new(new() { Temperature = temperature }, 3, []);
            InvalidLogitsException exception = Assert.Throws<InvalidLogitsException>(() => sampler.Sample(logits, 17, new SamplerScratch()));
            Assert.Equal(17, exception.Position);
            Assert.Contains("17", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_plain_greedy_takes_the_arg_max()
    {
        Assert.True(Takes(new()));
        Assert.True(Takes(new() { TopK = 5, TopP = 0.5f, MinP = 0.1f }));
        Assert.False(Takes(new() { Temperature = 1 }));
        Assert.False(Takes(new() { LogProbabilities = 0 }));
        Assert.False(Takes(new() { RepetitionPenalty = 1.1f }));
        Assert.False(Takes(new() { FrequencyPenalty = 1 }));
        Assert.False(Takes(new() { PresencePenalty = -1 }));
        Assert.False(Takes(new() { LogitBias = new Dictionary<int, float> { [1] = 1 } }));

        static bool Takes(SamplingParameters parameters) => new Sampler(parameters, 4, []).TakesArgMax;
    }

    public static TheoryData<string> BadOptions => [.. _badOptions.Keys];

    private static readonly Dictionary<string, (string Option, SamplingParameters Parameters)> _badOptions = new()
    {
        ["negative temperature"] = ("Temperature", new() { Temperature = -0.1f }),
        ["NaN temperature"] = ("Temperature", new() { Temperature = float.NaN }),
        ["infinite temperature"] = ("Temperature", new() { Temperature = float.PositiveInfinity }),
        ["negative top-k"] = ("TopK", new() { TopK = -1 }),
        ["zero top-p"] = ("TopP", new() { TopP = 0 }),
        ["top-p above one"] = ("TopP", new() { TopP = 1.01f }),
        ["NaN top-p"] = ("TopP", new() { TopP = float.NaN }),
        ["negative min-p"] = ("MinP", new() { MinP = -0.1f }),
        ["NaN min-p"] = ("MinP", new() { MinP = float.NaN }),
        ["zero repetition penalty"] = ("RepetitionPenalty", new() { RepetitionPenalty = 0 }),
        ["NaN frequency penalty"] = ("FrequencyPenalty", new() { FrequencyPenalty = float.NaN }),
        ["infinite presence penalty"] = ("PresencePenalty", new() { PresencePenalty = float.NegativeInfinity }),
        ["negative log-probabilities"] = ("LogProbabilities", new() { LogProbabilities = -1 }),
        ["bias of an unknown token"] = ("LogitBias", new() { LogitBias = new Dictionary<int, float> { [4] = 1 } }),
        ["bias of a negative token"] = ("LogitBias", new() { LogitBias = new Dictionary<int, float> { [-1] = 1 } }),
        ["NaN bias"] = ("LogitBias", new() { LogitBias = new Dictionary<int, float> { [1] = float.NaN } }),
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Options_out_of_range_are_refused_by_name(string name)
    {
        (string option, SamplingParameters parameters) = _badOptions[name];
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(parameters, 4, []));
        Assert.Equal(option, exception.ParamName);
    }

    [Fact]
    public void A_row_of_the_wrong_length_is_refused()
        => Assert.Throws<ArgumentException>(() => new Sampler(new(), 4, []).Sample([1, 2, 3], 0, new SamplerScratch()));

    private static int Greedy(SamplingParameters parameters, float[] logits)
        => new Sampler(parameters, logits.Length, []).Sample(logits, 0, new SamplerScratch()).Token;

    private static void AssertLogits(float[] expected, SampledToken sampled)
    {
        double total = Math.Log(expected.Sum(x => Math.Exp(x)));
        Assert.Equal(expected.Length, sampled.Top!.Length);
        foreach (TokenLogProbability top in sampled.Top)
            Assert.Equal(expected[top.Token] - total, top.LogProbability, 1e-5);
    }
}

using Inference.Execution;
using Inference.Models;

namespace Inference.Tests.Models;

/// <summary>Frequencies against the papers' formulas, and what gives no rotation is named.</summary>
public sealed class RopeSettingsTests
{
    private static readonly RopeSettings _plain = new() { Theta = 10000, Dimensions = 64 };
    private static readonly RopeSettings _llama3 = _plain with { Scaling = RopeScalingKind.Llama3, Factor = 8, OriginalContextLength = 8192 };
    private static readonly RopeSettings _yarn = _plain with { Scaling = RopeScalingKind.Yarn, Factor = 4, OriginalContextLength = 2048 };

    public static TheoryData<PlainRope> Papers => new()
    {
        new PlainRope(128),
        new PlainRope(6, 500),
        new PlainRope(64, 10000, "linear", 4),
        new PlainRope(128, 500000, "llama3", 8, 8192),
        new PlainRope(64, 500000, "llama3", 32, 8192),
        new PlainRope(64, 10000, "llama3", 4, 512) { LowFrequencyFactor = 2, HighFrequencyFactor = 6 },
        new PlainRope(128, 10000, "yarn", 16, 4096),
        new PlainRope(128, 1e6, "yarn", 4, 32768),
        new PlainRope(64, 150000, "yarn", 32, 4096) { Truncates = false },
        new PlainRope(32, 10000, "yarn", 2, 64) { BetaFast = 8, BetaSlow = 0.5, AttentionFactor = 1.25 },
        new PlainRope(8, 10000, "yarn", 1, 64),
    };

    [Theory]
    [MemberData(nameof(Papers))]
    public void Frequencies_are_those_of_the_papers(PlainRope paper)
    {
        Rope rope = Settings(paper).ToRope(RopeKind.Halves);

        Assert.Equal(paper.Dimensions / 2, rope.InverseFrequencies.Length);
        for (int i = 0; i < rope.InverseFrequencies.Length; i++)
            Assert.Equal(1, rope.InverseFrequencies[i] / paper.Frequency(i), 1e-12);
        Assert.Equal(paper.Magnitude, rope.Magnitude, 1e-15);
        Assert.Null(Settings(paper).FindProblem(128));
    }

    /// <remarks>The published table of Llama 3.2 1B: heads of 64, base 500000, factor 32; its converter stores 1 for fast pairs and 32 for slow ones.</remarks>
    [Fact]
    public void Llama_3_keeps_fast_pairs_and_divides_slow_ones()
    {
        RopeSettings plain = _plain with { Theta = 500000 };
        double[] before = plain.ToRope(RopeKind.Halves).InverseFrequencies;
        double[] after = (_llama3 with { Theta = 500000, Factor = 32 }).ToRope(RopeKind.Halves).InverseFrequencies;
        double[] ratios = [.. before.Zip(after, (b, a) => b / a)];

        Assert.All(ratios[..15], r => Assert.Equal(1, r, 1e-12));
        Assert.All(ratios[18..], r => Assert.Equal(32, r, 1e-12));
        Assert.All(ratios[15..18], r => Assert.InRange(r, 1.000001, 31.999999));
    }

    [Fact]
    public void Divisors_of_the_file_divide_each_frequency()
    {
        double[] divisors = [.. Enumerable.Range(1, 32).Select(i => i / 3.0)];
        double[] plain = _plain.ToRope(RopeKind.Halves).InverseFrequencies;
        double[] divided = (_plain with { Divisors = divisors }).ToRope(RopeKind.Interleaved).InverseFrequencies;
        Assert.Equal(plain.Zip(divisors, (f, d) => f / d), divided);
    }

    [Fact]
    public void The_temperature_of_yarn_grows_with_the_logarithm_of_the_factor()
    {
        Assert.Equal(1.2302585092994045, RopeSettings.YarnMagnitude(10), 1e-14);
        Assert.Equal(1.162792766074679, RopeSettings.YarnMagnitude(10, 0.707), 1e-14);
        Assert.Equal(1, RopeSettings.YarnMagnitude(0.5));
        Assert.Equal(1, (_plain with { Scaling = RopeScalingKind.Linear, Factor = 4 }).ToRope(RopeKind.Halves).Magnitude);
    }

    [Fact]
    public void What_gives_no_rotation_is_named()
    {
        AssertProblem(nameof(RopeSettings.Theta), [_plain with { Theta = 0 }, _plain with { Theta = -10000 }, _plain with { Theta = 1 }, _plain with { Theta = double.NaN }, _plain with { Theta = double.PositiveInfinity }]);
        AssertProblem(nameof(RopeSettings.Dimensions), [_plain with { Dimensions = 0 }, _plain with { Dimensions = 63 }, _plain with { Dimensions = 66 }, _plain with { Dimensions = -2 }]);
        AssertProblem(nameof(RopeSettings.Factor), [_yarn with { Factor = 0 }, _yarn with { Factor = -4 }, _llama3 with { Factor = double.NaN }, _llama3 with { Factor = double.PositiveInfinity }]);
        AssertProblem(nameof(RopeSettings.OriginalContextLength), [_yarn with { OriginalContextLength = 0 }, _llama3 with { OriginalContextLength = double.NaN }, _llama3 with { OriginalContextLength = double.PositiveInfinity }]);
        AssertProblem(nameof(RopeSettings.LowFrequencyFactor), [_llama3 with { LowFrequencyFactor = 4 }, _llama3 with { LowFrequencyFactor = 0 }, _llama3 with { HighFrequencyFactor = double.NaN }]);
        AssertProblem(nameof(RopeSettings.BetaFast), [_yarn with { BetaFast = 0.5 }, _yarn with { BetaSlow = 0 }, _yarn with { BetaFast = double.NaN }]);
        AssertProblem(nameof(RopeSettings.Magnitude), [_yarn with { Magnitude = 0 }, _yarn with { Magnitude = double.NaN }, _yarn with { Magnitude = double.PositiveInfinity }]);
        AssertProblem(nameof(RopeSettings.Divisors), [_plain with { Divisors = new double[31] }, _plain with { Divisors = new double[32] }, _plain with { Divisors = [.. Enumerable.Repeat(double.PositiveInfinity, 32)] }]);
    }

    private static void AssertProblem(string member, RopeSettings[] settings) =>
        Assert.All(settings, s => Assert.Equal(member, s.FindProblem(64)?.Member));

    private static RopeSettings Settings(PlainRope paper) => new()
    {
        Theta = paper.Theta,
        Dimensions = paper.Dimensions,
        Scaling = paper.Kind switch { "linear" => RopeScalingKind.Linear, "llama3" => RopeScalingKind.Llama3, "yarn" => RopeScalingKind.Yarn, _ => RopeScalingKind.None },
        Factor = paper.Factor,
        OriginalContextLength = paper.Original,
        LowFrequencyFactor = paper.LowFrequencyFactor,
        HighFrequencyFactor = paper.HighFrequencyFactor,
        BetaFast = paper.BetaFast,
        BetaSlow = paper.BetaSlow,
        RoundsRamp = paper.Truncates,
        Magnitude = paper.AttentionFactor,
    };
}

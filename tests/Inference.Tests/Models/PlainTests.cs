using System.Globalization;

namespace Inference.Tests.Models;

/// <summary>The judge's own mathematics, where a value is known from elsewhere.</summary>
public sealed class PlainTests
{
    public static TheoryData<string> Names => [.. OracleArchitectures.All.Select(c => c.Name)];

    // Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1, and its asymptotic end.
    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(-1.0, -0.8427007929497149)]
    [InlineData(2.0, 0.9953222650189527)]
    [InlineData(3.0, 0.9999779095030014)]
    [InlineData(3.5, 0.9999992569016276)]
    [InlineData(-6.0, -1.0)]
    public void The_error_function(double x, double value) => Assert.Equal(value, PlainFeedForward.Erf(x), 1e-13);

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_case_depends_on_what_is_special_about_it(string name)
    {
        PlainShape shape = OracleArchitectures.All.Single(c => c.Name == name).Shape;
        Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, 1);
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, 24).Select(_ => random.Next(shape.Vocabulary))];
        double[] logits = new PlainDecoder(shape, weights).LastLogits(tokens);

        foreach (PlainShape other in Others(shape))
            Assert.True(Distance(logits, new PlainDecoder(other, weights).LastLogits(tokens)) > 1e-3, $"{name} computes the same as {other}");

        double[] ofFew = new PlainDecoder(shape, weights).LastLogits(tokens.AsSpan(0, 10));
        // Every weight counts, but the rows of tokens and positions that are not there.
        foreach (string weight in weights.Keys.Where(n => !n.Contains("embed_", StringComparison.Ordinal) && !n.Contains(".experts.", StringComparison.Ordinal)))
        {
            PlainTensor changed = weights[weight] with { Values = Array.ConvertAll(weights[weight].Values, v => v + 0.25f * MathF.Sin(v * 1000)) };
            double distance = Distance(ofFew, new PlainDecoder(shape, new Dictionary<string, PlainTensor>(weights) { [weight] = changed }).LastLogits(tokens.AsSpan(0, 10)));
            Assert.True(distance > 1e-5 || IsIdle(shape, weight), $"{name}: nothing depends on {weight} ({distance:E1})");
        }
    }

    // Where each token sees itself alone, it does not matter how it was looked for; and what all keys have in common cancels out unless they are turned.
    private static bool IsIdle(PlainShape shape, string name)
    {
        bool looksFor = name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal);
        bool isTurned = name.Split('.') is not ["model", "layers", var layer, ..] || shape.RopeOf(int.Parse(layer, CultureInfo.InvariantCulture)) is not null;
        return (looksFor && shape.Window == 1) || (name.EndsWith("k_proj.bias", StringComparison.Ordinal) && !isTurned);
    }

    private static IEnumerable<PlainShape> Others(PlainShape shape)
    {
        if (shape.Window is > 0 and < 24)
        {
            yield return shape with { Window = 0, LocalRope = null };
            yield return shape with { Window = shape.Window + 1 };
        }

        if (shape.GlobalEvery > 0)
            yield return shape with { GlobalEvery = 0 };
        if (shape.FirstLocal > 0)
            yield return shape with { FirstLocal = shape.FirstLocal - 1 };
        if (shape.LocalRope is not null)
            yield return shape with { LocalRope = null };
        if (shape.RopelessEvery > 0)
            yield return shape with { RopelessEvery = 0 };
        if (shape.AttentionCap > 0)
            yield return shape with { AttentionCap = 0 };
        if (shape.LogitCap > 0)
            yield return shape with { LogitCap = 0 };
        if (shape.AttentionScale is not null)
            yield return shape with { AttentionScale = null };
        if (shape.EmbeddingScale != 1)
            yield return shape with { EmbeddingScale = 1 };
        if (shape.ResidualScale != 1)
            yield return shape with { ResidualScale = 1 };
        if (shape.Experts > shape.ChosenExperts)
            yield return shape with { ChosenExperts = shape.ChosenExperts + 1 };
        if (shape.Experts > shape.ChosenExperts)
            yield return shape with { NormalizesExperts = !shape.NormalizesExperts };
        if (shape.Rope.Kind == "longrope")
            yield return shape with { Rope = shape.Rope with { IsLong = !shape.Rope.IsLong } };
        if (!shape.Rope.Truncates)
            yield return shape with { Rope = shape.Rope with { Truncates = true } };
        if (shape.Rope.Kind != "none" && shape.Window != 1)
            yield return shape with { Rope = shape.Rope with { Kind = "none" } };
    }

    private static double Distance(double[] one, double[] other) =>
        Math.Sqrt(one.Zip(other, (a, b) => (a - b) * (a - b)).Sum() / one.Sum(a => a * a));
}

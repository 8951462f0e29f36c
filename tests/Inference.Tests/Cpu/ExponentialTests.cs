using System.Runtime.Intrinsics;
using Inference.Cpu;

namespace Inference.Tests.Cpu;

public sealed class ExponentialTests
{
    [Fact]
    public void Normal_results_are_within_a_few_units_of_the_last_place()
    {
        double worst = 0;
        for (int i = 0; i < 2_000_000; i += 16)
        {
            var x = Vector512<float>.Zero;
            for (int lane = 0; lane < 16; lane++)
                x = x.WithElement(lane, -87.3f + (i + lane) * (176f / 2_000_000));
            Vector512<float> y = Exponential.Exp(x);
            for (int lane = 0; lane < 16; lane++)
                worst = Math.Max(worst, Math.Abs(y[lane] / Math.Exp(x[lane]) - 1));
        }

        Assert.InRange(worst, 0, 1.5e-7);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-1000f, 0f)]
    [InlineData(-103f, 1.4e-45f)]
    [InlineData(88.8f, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void The_ends_are_right(float x, float expected) => Assert.Equal(expected, Exponential.Exp(Vector512.Create(x))[7]);

    [Fact]
    public void Powers_of_two_are_within_a_few_units_of_the_last_place()
    {
        double worst = 0;
        for (int i = 0; i < 2_000_000; i += 16)
        {
            Vector512<float> x = (Vector512.ConvertToSingle(Vector512<int>.Indices) + Vector512.Create((float)i)) * Vector512.Create(-125.9f / 2_000_000);
            Vector512<float> y = Exponential.Exp2OfNegative(x);
            for (int lane = 0; lane < 16; lane++)
                worst = Math.Max(worst, Math.Abs(y[lane] / Math.Pow(2, x[lane]) - 1));
        }

        Assert.InRange(worst, 0, 1.5e-7);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-1f, 0.5f)]
    [InlineData(-126f, 1.17549435e-38f)]
    [InlineData(-127f, 0f)]
    [InlineData(-127.4f, 0f)]
    [InlineData(-1e30f, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void The_ends_of_powers_of_two_are_right(float x, float expected) =>
        Assert.Equal(expected, Exponential.Exp2OfNegative(Vector512.Create(x))[7]);

    [Fact]
    public void Powers_of_two_between_the_last_normal_one_and_none_are_tiny_and_not_negative()
    {
        for (float x = -125.5f; x > -127.5f; x -= 1e-4f)
            Assert.InRange(Exponential.Exp2OfNegative(Vector512.Create(x))[3], 0, 1.7e-38f);
    }

    [Fact]
    public void Powers_of_two_of_rounding_errors_above_0_are_next_to_1()
    {
        for (float x = 1e-9f; x < 1e-4f; x *= 1.5f)
            Assert.InRange(Exponential.Exp2OfNegative(Vector512.Create(x))[3], 1, 1 + 1e-4f);
    }
}

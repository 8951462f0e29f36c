using FsCheck;
using FsCheck.Fluent;
using Inference.Formats;

namespace Inference.Tests.Formats;

public class QuantizerTests
{
    private static readonly TensorType[] _types =
    [
        TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q5_0, TensorType.Q4_K, TensorType.Q6_K,
    ];

    public static TheoryData<TensorType> Written => [.. _types];

    public static TheoryData<TensorType> Blocks => [.. _types.Where(BlockFormat.IsQuantized)];

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    [InlineData(TensorType.Q8_0)]
    public void Writes_the_bytes_that_llama_cpp_writes(TensorType type)
    {
        byte[] expected = QuantVectors.Quantized(type);
        byte[] actual = new byte[expected.Length];

        BlockFormat.Quantize(type, QuantVectors.Input, actual);

        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Error_is_no_larger_than_that_of_llama_cpp(TensorType type)
    {
        (_, _, double error) = QuantVectors.Entry(type);

        double actual = QuantVectors.RelativeError(QuantVectors.Input, RoundTrip(type, QuantVectors.Input));

        Assert.True(actual <= error * (1 + 1e-6), $"{actual} > {error}");
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Zeros_stay_zeros(TensorType type)
    {
        Assert.All(RoundTrip(type, new float[512]), value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void A_constant_survives(TensorType type)
    {
        foreach (float constant in new[] { 1f, -1f, 0.1f, -3e4f })
        {
            float[] values = Enumerable.Repeat(constant, 256).ToArray();
            Assert.All(RoundTrip(type, values), value => Assert.Equal(constant, value, Math.Abs(constant) * 0.01));
        }
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Error_is_bounded_by_the_largest_value_of_the_block(TensorType type)
    {
        // Half a step of the coarsest grid that the format's first guess would use, with room for F16 and 6-bit scales.
        // Below 2^-4 the F16 scale of scales becomes subnormal, and the formats lose accuracy by nature.
        float bound = type switch
        {
            TensorType.F32 => 0,
            TensorType.F16 or TensorType.BF16 => 1 / 256f,
            TensorType.Q8_0 => 1 / 200f,
            TensorType.Q6_K => 1 / 20f,
            _ => 1 / 4f,
        };
        Gen<float[]> blocks =
            from scale in Gen.Choose(-4, 10)
            from values in Gen.Choose(-10000, 10000).ArrayOf(256)
            select values.Select(v => MathF.ScaleB(v / 10000f, scale)).ToArray();

        Check.One(Config.QuickThrowOnFailure.WithReplay(Replay(17)), Prop.ForAll(blocks.ToArbitrary(), values =>
        {
            float[] decoded = RoundTrip(type, values);
            float largest = values.Max(MathF.Abs);
            return values.Zip(decoded).All(pair => MathF.Abs(pair.First - pair.Second) <= bound * largest);
        }));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void What_is_not_finite_or_too_large_is_refused(TensorType type)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue })
        {
            float[] values = new float[256];
            values[100] = bad;
            Assert.Throws<ArgumentException>(() => RoundTrip(type, values));
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void The_smallest_floats_do_no_harm(TensorType type)
    {
        float[] values = Enumerable.Range(0, 256).Select(i => (i - 128) * float.Epsilon).ToArray();

        Assert.All(RoundTrip(type, values), value => Assert.True(MathF.Abs(value) < 1e-4f));
    }

    [Fact]
    public void Q8_0_rounds_halves_away_from_zero()
    {
        // With a largest value of 127 the scale is 1, and values meet the rounding as they are.
        float[] values = new float[32];
        float[] cases = [127, 0.5f, -0.5f, 1.5f, -2.5f, 0.49999997f, -0.49999997f, 125.5f, -126.5f, 3.49f, -3.51f];
        cases.CopyTo(values, 0);

        float[] decoded = RoundTrip(TensorType.Q8_0, values);

        Assert.Equal([127, 1, -1, 2, -3, 0, 0, 126, -127, 3, -4], decoded[..cases.Length]);
    }

    [Fact]
    public void Types_that_are_only_read_are_refused()
    {
        Assert.False(BlockFormat.CanQuantizeTo(TensorType.Q3_K));
        Assert.Throws<NotSupportedException>(() => BlockFormat.Quantize(TensorType.Q3_K, new float[256], new byte[110]));
        Assert.All(_types, type => Assert.True(BlockFormat.CanQuantizeTo(type)));
    }

    private static Replay Replay(ulong seed) => new(new Rnd(seed, 1), null);

    private static float[] RoundTrip(TensorType type, float[] values)
    {
        byte[] bytes = new byte[BlockFormat.ByteLength(type, values.Length)];
        float[] decoded = new float[values.Length];
        BlockFormat.Quantize(type, values, bytes);
        BlockFormat.Dequantize(type, bytes, decoded);
        return decoded;
    }
}

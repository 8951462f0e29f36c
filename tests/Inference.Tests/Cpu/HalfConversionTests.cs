using Inference.Cpu;
using Inference.Cpu.Assembled;

namespace Inference.Tests.Cpu;

public sealed unsafe class HalfConversionTests
{
    [Fact]
    public void Every_half_becomes_its_float()
    {
        var halves = new ushort[65536];
        for (int i = 0; i < halves.Length; i++)
            halves[i] = (ushort)i;
        var floats = new float[halves.Length];
        fixed (ushort* source = halves)
        fixed (float* destination = floats)
            HalfConversion.ToSingle(source, destination, halves.Length);

        for (int i = 0; i < halves.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            AssertSame(expected, floats[i]);
            AssertSame(expected, HalfConversion.ToSingle((ushort)i));
        }
    }

    [Fact]
    public void The_processor_decodes_every_half_alike()
    {
        Assert.SkipUnless(VnniSupport.IsSupported && HalfDecoder.IsSupported, "Needs assembled code.");
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        var floats = new float[halves.Length];
        fixed (ushort* source = halves)
        fixed (float* destination = floats)
            HalfDecoder.Decode(source, 16 * sizeof(ushort), destination, 16 * sizeof(float), halves.Length / 16);

        for (int i = 0; i < halves.Length; i++)
            AssertSame(HalfConversion.ToSingle((ushort)i), floats[i]);
    }

    [Fact]
    public void Every_half_comes_back()
    {
        for (int i = 0; i < 65536; i++)
        {
            float value = HalfConversion.ToSingle((ushort)i);
            if (!float.IsNaN(value))
                Assert.Equal(i, HalfConversion.ToHalf(value));
        }
    }

    [Fact]
    public void Floats_go_to_the_nearest_half_and_ties_to_even()
    {
        var random = new Random(1);
        var values = new List<float> { 0f, -0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.Epsilon, float.MaxValue, 65504, 65519.996f, 65520, 65536 };
        for (int i = 0; i < 65535; i++)
        {
            // The tie between two neighbours and the floats on both sides of it.
            float low = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            float high = (float)BitConverter.UInt16BitsToHalf((ushort)(i + 1));
            if (!float.IsFinite(low) || !float.IsFinite(high))
                continue;
            float middle = (low + high) / 2;
            values.AddRange([middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle)]);
        }

        for (int i = 0; i < 100_000; i++)
            values.Add(BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)));
        float[] floats = [.. values];
        var halves = new ushort[floats.Length];
        fixed (float* source = floats)
        fixed (ushort* destination = halves)
            HalfConversion.ToHalf(source, destination, floats.Length);

        for (int i = 0; i < floats.Length; i++)
        {
            ushort expected = BitConverter.HalfToUInt16Bits((Half)floats[i]);
            if (float.IsNaN(floats[i]))
            {
                Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(halves[i])));
                continue;
            }

            Assert.Equal(expected, halves[i]);
            Assert.Equal(expected, HalfConversion.ToHalf(floats[i]));
        }
    }

    private static void AssertSame(float expected, float actual)
    {
        if (float.IsNaN(expected))
            Assert.True(float.IsNaN(actual));
        else
            Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(actual));
    }
}

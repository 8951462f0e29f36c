using Inference.Sampling;

namespace Inference.Tests.Sampling;

public class CounterRandomTests
{
    // Known-answer vectors that the authors of Philox publish with their library (philox4x32, 10 rounds).
    public static TheoryData<uint[], uint[], uint[]> KnownAnswers => new()
    {
        { [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        { [~0u, ~0u, ~0u, ~0u], [~0u, ~0u], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
        { [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1] },
    };

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void Gives_the_published_answers(uint[] counter, uint[] key, uint[] expected)
    {
        (uint w0, uint w1, uint w2, uint w3) = CounterRandom.Block((counter[0], counter[1], counter[2], counter[3]), (key[0], key[1]));
        uint[] actual = [w0, w1, w2, w3];
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Numbers_are_uniform_in_zero_to_one()
    {
        CounterRandom random = new(7);
        int[] bins = new int[64];
        for (ulong i = 0; i < 64_000; i++)
        {
            double number = random.NextDouble(i);
            Assert.InRange(number, 0, 1 - 1e-16);
            bins[(int)(number * 64)]++;
        }

        double chiSquare = bins.Sum(n => (n - 1000.0) * (n - 1000.0) / 1000);
        Assert.InRange(chiSquare, 25, 120);
    }

    [Fact]
    public void Seed_and_counter_both_matter()
    {
        Assert.NotEqual(new CounterRandom(1).NextDouble(0), new CounterRandom(2).NextDouble(0));
        Assert.NotEqual(new CounterRandom(1).NextDouble(0), new CounterRandom(1UL << 32 | 1).NextDouble(0));
        Assert.NotEqual(new CounterRandom(1).NextDouble(0), new CounterRandom(1).NextDouble(1UL << 32));
        Assert.Equal(new CounterRandom(1).NextDouble(5), new CounterRandom(1).NextDouble(5));
    }
}

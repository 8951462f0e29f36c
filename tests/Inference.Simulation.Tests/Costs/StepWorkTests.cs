using Inference.Simulation.Costs;

namespace Inference.Simulation.Tests.Costs;

public class StepWorkTests
{
    [Fact]
    public void Counts_rows_tokens_and_what_they_attend_to()
    {
        // Three tokens at 10, 11, 12 attend to 11, 12 and 13 positions.
        StepWork work = default(StepWork).With(7, 1).With(10, 3).With(0, 1);
        Assert.Equal(new StepWork(PromptTokens: 3, DecodeRows: 2, PromptPairs: 36, PromptReads: 13, DecodeReads: 9), work);
        Assert.Equal(5, work.Tokens);
    }

    [Fact]
    public void A_roofline_takes_the_longer_of_arithmetic_and_memory()
    {
        RooflineCost cost = new(Overhead: 100, Token: 10, Pair: 1, Weights: 50, Read: 2);
        Assert.Equal(100 + 50 + (2 * 5), cost.Seconds(default(StepWork).With(4, 1)));
        Assert.Equal(100 + (10 * 8) + 36, cost.Seconds(default(StepWork).With(0, 8)));
    }

    [Fact]
    public void Presets_are_of_the_right_size()
    {
        foreach (Machine machine in Machine.Presets)
        {
            double one = machine.Cost.Seconds(default(StepWork).With(1000, 1)), prompt = machine.Cost.Seconds(default(StepWork).With(0, 512));
            Assert.InRange(one, 1e-3, 0.1);
            Assert.InRange(prompt / one, 1.2, 100);
            Assert.InRange(machine.CacheTokens, 10_000, 1_000_000);
        }
    }
}

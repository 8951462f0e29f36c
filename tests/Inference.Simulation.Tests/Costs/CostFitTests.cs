using Inference.Simulation.Costs;

namespace Inference.Simulation.Tests.Costs;

public class CostFitTests
{
    private static MeasuredStep[] Steps(Func<StepWork, double> seconds)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, 200).Select(_ =>
        {
            StepWork work = default;
            for (int rows = random.Next(30); rows >= 0; rows--)
                work = work.With(random.Next(1000), 1);
            if (random.Next(2) == 0)
                work = work.With(random.Next(1000), random.Next(2, 500));
            return new MeasuredStep(work, seconds(work));
        })];
    }

    [Fact]
    public void Recovers_the_terms_of_steps_that_follow_them()
    {
        LinearCost truth = new(4e-3, 3e-4, 5e-4, 1e-8, 3e-8);
        CostFit fit = CostFit.To(Steps(work => truth.Seconds(work)));
        Assert.Equal(1, fit.Cost.Step / truth.Step, 1e-6);
        Assert.Equal(1, fit.Cost.PromptToken / truth.PromptToken, 1e-6);
        Assert.Equal(1, fit.Cost.DecodeRow / truth.DecodeRow, 1e-6);
        Assert.Equal(1, fit.Cost.PromptPair / truth.PromptPair, 1e-6);
        Assert.Equal(1, fit.Cost.DecodeRead / truth.DecodeRead, 1e-6);
        Assert.InRange(fit.LargestError, 0, 1e-6);
    }

    [Fact]
    public void No_term_is_negative_and_noise_shows_as_error()
    {
        Random random = new(2);
        CostFit fit = CostFit.To(Steps(work => (1e-3 + (1e-4 * work.Tokens)) * (0.9 + (0.2 * random.NextDouble()))));
        foreach (double term in (double[])[fit.Cost.Step, fit.Cost.PromptToken, fit.Cost.DecodeRow, fit.Cost.PromptPair, fit.Cost.DecodeRead])
            Assert.InRange(term, 0, 2e-3);
        Assert.InRange(fit.MedianError, 0.01, 0.1);
        Assert.InRange(fit.LargestError, fit.MedianError, 0.25);
    }

    [Fact]
    public void Steps_that_do_not_tell_the_terms_apart_are_refused()
    {
        StepWork work = default(StepWork).With(10, 1).With(0, 20);
        Assert.Throws<ArgumentException>(() => CostFit.To([new MeasuredStep(work, 1)]));
        Assert.Throws<ArgumentException>(() => CostFit.To(Enumerable.Repeat(new MeasuredStep(work, 1), 50).ToArray()));
    }
}

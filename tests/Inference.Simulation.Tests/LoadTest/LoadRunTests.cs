using Inference.LoadTest;
using Inference.Simulation.Experiments;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;
using Inference.Tests;

namespace Inference.Simulation.Tests.LoadTest;

public class LoadRunTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    public async Task Every_mode_serves_all_requests_of_the_comparison(string callers)
    {
        List<Result> results = await Comparison.RunAsync(new Arguments([TestData.Stories260K, "--requests", "12", "--callers", callers, "--long", "40", "--long-share", "0.3", "--max-sequences", "4", "--threads", "1"]));
        int tokens = new BimodalWorkload(0.3) { LongTokens = 40 }.Requests(1).Take(12).Sum(request => request.OutputTokens);
        Assert.Equal(["continuous", "windowed", "static"], results.Select(result => result.Case["batching"]));
        foreach (RunSummary summary in results.Select(result => result.Summary))
        {
            Assert.Equal(12, summary.Requests);
            Assert.Equal(tokens, summary.TokensPerSecond * summary.Seconds, 0.01);
            Assert.True(summary.Queue.P50 <= summary.FirstToken.P50 && summary.FirstToken.P99 <= summary.Seconds);
            Assert.True(summary.Gap.P50 > 0 && summary.PerToken.P50 > 0);
        }
    }

    [Fact]
    public async Task Unknown_modes_and_options_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Comparison.RunAsync(new Arguments([TestData.Stories260K, "--batching", "hopeful"])));
        await Assert.ThrowsAsync<ArgumentException>(() => Comparison.RunAsync(new Arguments([TestData.Stories260K, "--hope", "1"])));
    }
}

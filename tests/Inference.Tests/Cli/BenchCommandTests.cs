using System.Text.Json;
using Inference.Cli.Benchmarking;

namespace Inference.Tests.Cli;

public class BenchCommandTests
{
    [Fact]
    public async Task Every_batch_size_has_its_figures()
    {
        JsonElement json = (await CliRun.Of("bench", TestData.Stories260K, "--prompt-tokens", "20", "--output-tokens", "8", "--batch", "1,3", "--threads", "1", "--repeat", "2", "--json")).Json;
        JsonElement[] results = [.. json.GetProperty("results").EnumerateArray()];
        Assert.Equal([1, 3], results.Select(result => result.GetProperty("batch").GetInt32()));
        foreach (string figure in (string[])["promptTokensPerSecond", "decodeTokensPerSecond", "timeToFirstTokenMs", "peakMemoryBytes"])
            Assert.All(results, result => Assert.True(result.GetProperty(figure).GetDouble() > 0, figure));
    }

    [Theory]
    [InlineData(64, 20)]
    [InlineData(71, 27)]
    public async Task A_context_is_in_the_cache_before_the_prompt_arrives(int context, int computed)
    {
        Workload workload = new(PromptTokens: 20, OutputTokens: 4, LargestBatch: 3, context);
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, workload.EngineOptions(threads: 1), cancellationToken: TestContext.Current.CancellationToken);
        long before = engine.Statistics.ComputedTokens;
        for (int seed = 0; seed < 3; seed++)
        {
            BatchMeasurement measured = await BatchRun.MeasureAsync(engine, workload, batch: 3, seed, TestContext.Current.CancellationToken);
            long after = engine.Statistics.ComputedTokens;
            // The last token of a stream is not computed again; a context that the cache has is, for its last block.
            int decoded = workload.OutputLimit(3) - 1;
            int filled = seed == 0 ? context : 1 + (context - 1) % 16;
            Assert.Equal(3 * (filled + computed + decoded), after - before);
            Assert.True(measured.PromptTokensPerSecond > 0 && measured.DecodeTokensPerSecond > 0);
            before = after;
        }
    }

    [Fact]
    public async Task The_context_is_reported()
    {
        JsonElement json = (await CliRun.Of("bench", TestData.Stories260K, "--prompt-tokens", "8", "--output-tokens", "4", "--batch", "2", "--context", "100", "--threads", "1", "--repeat", "1", "--json")).Json;
        Assert.Equal(100, json.GetProperty("contextTokens").GetInt32());
        (await CliRun.Of("bench", TestData.Stories260K, "--context", "-1")).AssertError("--context takes a whole number from");
    }

    // Readers compete with the engine for the cores and see several tokens at once; the figures must not.
    [Fact]
    public async Task Figures_do_not_depend_on_when_tokens_are_read()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 }, cancellationToken: TestContext.Current.CancellationToken);
        Generation generation = engine.Submit("Once upon a time", new GenerationOptions { MaxOutputTokens = 20 }, TestContext.Current.CancellationToken);
        GenerationResult result = await generation.Completion;
        List<TimeSpan> times = [];
        await foreach (GeneratedToken token in generation)
            times.Add(token.Elapsed);
        Assert.Equal(20, times.Count);
        Assert.Equal(times.Order(), times);
        Assert.Equal(20, times.Distinct().Count());
        Assert.Equal(result.Timings.TimeToFirstToken.TotalMilliseconds, times[0].TotalMilliseconds, 0.01);
        Assert.Equal(result.Timings.Total.TotalMilliseconds, times[^1].TotalMilliseconds, 0.01);
    }

    [Theory]
    [InlineData("--prompt-tokens", "2147483647")]
    [InlineData("--output-tokens", "2147483647")]
    [InlineData("--output-tokens", "1")]
    public async Task Impossible_lengths_are_refused_by_name(string option, string value)
        => (await CliRun.Of("bench", TestData.Stories260K, option, value)).AssertError($"{option} takes a whole number from");

    [Fact]
    public async Task More_than_a_cache_can_hold_is_refused()
        => (await CliRun.Of("bench", TestData.Stories260K, "--batch", "1024", "--prompt-tokens", "1048576", "--output-tokens", "1048576")).AssertError("1024 streams");

    [Fact]
    public async Task Impossible_sizes_are_refused()
    {
        (await CliRun.Of("bench", TestData.Stories260K, "--batch", "0,1", "--json")).AssertError("--batch");
        (await CliRun.Of("bench", TestData.Stories260K, "--repeat", "0", "--json")).AssertError("--repeat");
    }

    [Fact]
    public void Decoding_counts_only_while_all_streams_decode()
    {
        TimeSpan second = TimeSpan.FromSeconds(1);
        // The first stream decodes alone for a while, and ends first.
        List<TimeSpan> first = [1 * second, 2 * second, 3 * second, 4 * second, 5 * second];
        List<TimeSpan> second_ = [3 * second, 4 * second, 5 * second, 6 * second];
        BatchMeasurement measurement = BatchRun.Evaluate(2, computedTokens: 60, [first, second_]);
        Assert.Equal(60 / 3.0, measurement.PromptTokensPerSecond, 1e-6);
        Assert.Equal(4 / 2.0, measurement.DecodeTokensPerSecond, 1e-6);
        Assert.Equal(2000, measurement.TimeToFirstTokenMs, 1e-6);
    }

    [Fact]
    public void Prompts_differ_between_streams_and_repeats()
    {
        Workload workload = new(32, 8, 4);
        int[][] prompts = [.. Enumerable.Range(0, 100).Select(seed => workload.Prompt(512, seed))];
        Assert.Equal(100, prompts.Select(prompt => string.Join(',', prompt)).Distinct().Count());
        Assert.Equal(workload.Prompt(512, 5), prompts[5]);
    }

    [Theory]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 2, 3 }, 2.5)]
    [InlineData(new double[] { 7 }, 7)]
    public void The_median_is_the_middle(double[] values, double expected)
        => Assert.Equal(expected, BatchMeasurement.Median(values));
}

using System.Globalization;
using Inference.Simulation.Experiments;

namespace Inference.Simulation.Tests.Experiments;

/// <summary>What the experiments are to show, on a small trace made up here.</summary>
public sealed class ExperimentTests : IDisposable
{
    private readonly string _trace = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.csv");

    public ExperimentTests()
    {
        Random random = new(1);
        DateTime time = new(2023, 11, 16);
        File.WriteAllLines(_trace, ["TIMESTAMP,ContextTokens,GeneratedTokens", .. Enumerable.Range(0, 600).Select(_ =>
        {
            time = time.AddSeconds(0.2 * random.NextDouble());
            return string.Create(CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd HH:mm:ss.fffffff},{random.Next(10, 2000)},{random.Next(1, 300)}");
        })]);
    }

    public void Dispose() => File.Delete(_trace);

    [Fact]
    public void More_callers_never_lower_the_throughput()
    {
        foreach (string cache in (string[])["400000", "20000"])
        {
            List<Result> results = CallersExperiment.Run(new Arguments([_trace, "--callers", "1,2,4,16,64,256,1024", "--seconds", "60", "--cache-tokens", cache]));
            double[] tokens = [.. results.Select(result => result.Figures["steady tokens/s"])];
            for (int i = 1; i < tokens.Length; i++)
                Assert.True(tokens[i] >= tokens[i - 1] * 0.995, string.Join(' ', tokens));
            Assert.True(tokens[^1] > 8 * tokens[0]);
        }
    }

    [Fact]
    public void A_small_cache_costs_little_work_done_twice()
    {
        List<Result> results = PressureExperiment.Run(new Arguments([_trace, "--load", "4", "--cache", "100,20,5"]));
        Assert.All(results, result => Assert.Equal((600, 0), (result.Summary.Requests, result.Summary.Refused)));
        Assert.All(results, result => Assert.InRange(result.Summary.RecomputedShare, 0, 0.1));
        Assert.Equal(0, results[0].Summary.Preemptions);
        Assert.True(results[2].Summary.Preemptions > 0);
    }

    [Fact]
    public void Continuous_batching_has_at_least_four_times_the_throughput_of_static_where_one_in_ten_is_long()
    {
        List<Result> results = BimodalExperiment.Run(new Arguments(["--long-share", "0.1", "--prompt", "16", "--requests", "3000", "--batching", "continuous,static", "--max-sequences", "128"]));
        Assert.InRange(results[1].Figures["first / this"], 4, 8.6);
    }

    [Fact]
    public void Whole_prompts_make_longer_gaps()
    {
        List<Result> results = TraceExperiment.Run(new Arguments([_trace, "--load", "1.5", "--batching", "continuous,whole-prompts", "--max-tokens-per-step", "512"]));
        Assert.True(results[0].Summary.Gap.P99 < 0.7 * results[1].Summary.Gap.P99);
    }

    [Fact]
    public void A_tenant_that_floods_does_not_keep_out_another()
    {
        List<Result> results = TenantsExperiment.Run(new Arguments([_trace, "--load", "8"]));
        Assert.Equal(["one tenant", "two tenants", "priorities"], results.Select(result => result.Case["told apart"]));
        Assert.True(results[0].Figures["quiet TTFT p50"] > 5 * results[1].Figures["quiet TTFT p50"]);
        Assert.True(results[1].Figures["quiet p99"] < results[1].Figures["flood p50"]);
        Assert.True(results[2].Figures["quiet p99"] < results[2].Figures["flood p50"]);
    }

    [Fact]
    public void Every_engine_of_a_cluster_gets_its_share()
    {
        List<Result> results = ClusterExperiment.Run(new Arguments([_trace, "--engines", "1,8", "--seconds", "20", "--load", "1"]));
        Assert.Equal(6, results.Count);
        Assert.All(results.Skip(3), result => Assert.InRange(result.Summary.Requests / (double)results[0].Summary.Requests, 6, 10));
        Assert.Throws<ArgumentException>(() => ClusterExperiment.Run(new Arguments([_trace, "--routers", "hopeful"])));
    }

    [Fact]
    public void Tables_and_documents_have_a_line_for_each_case()
    {
        List<Result> results = TraceExperiment.Run(new Arguments([_trace, "--load", "1,2", "--requests", "50"]));
        StringWriter table = new(), json = new();
        ResultTable.Write(results, table);
        ResultTable.WriteJson(results, json);
        Assert.Equal(3, table.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, System.Text.Json.JsonDocument.Parse(json.ToString()).RootElement.GetArrayLength());
    }
}

using System.Text.Json;
using Inference.Tests.Execution;

namespace Inference.Tests.Cli;

public class PerplexityCommandTests
{
    private const string Text = "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.";

    [Fact]
    public async Task It_agrees_with_sums_in_double_precision_whatever_runs_together()
    {
        const int context = 16;
        double[] scores = await ScoresAsync(context);
        double mean = -scores.Average();
        double spread = Math.Sqrt(scores.Select(score => Math.Pow(score + mean, 2)).Sum() / scores.Length / (scores.Length - 1));
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("text"), Text);
        string[] arguments = ["perplexity", TestData.Stories260K, folder.File("text"), "--context", "16", "--threads", "1", "--json"];
        JsonElement json = (await CliRun.Of(arguments)).Json;
        Assert.Equal(scores.Length, json.GetProperty("scoredTokens").GetInt32());
        Assert.Equal(mean, json.GetProperty("negativeLogLikelihood").GetDouble(), 1e-5 * mean);
        Assert.Equal(Math.Exp(mean), json.GetProperty("perplexity").GetDouble(), 1e-4 * Math.Exp(mean));
        Assert.Equal(Math.Exp(mean) * spread, json.GetProperty("standardError").GetDouble(), 1e-4 * Math.Exp(mean) * spread);

        JsonElement alone = (await CliRun.WithInput(CliRun.Utf8(Text), ["perplexity", TestData.Stories260K, "-", "--context", "16", "--batch", "1", "--json"])).Json;
        Assert.Equal(json.ToString(), alone.ToString());
        JsonElement some = (await CliRun.Of([.. arguments, "--chunks", "2"])).Json;
        Assert.Equal((2, 2 * 7), (some.GetProperty("chunks").GetInt32(), some.GetProperty("scoredTokens").GetInt32()));
        Assert.Matches(@"^perplexity \d+\.\d{4} ± \d+\.\d{4} \(\d+ tokens of \d+ chunks of 16\)$", (await CliRun.Of(arguments[..^1])).Output.Trim());
    }

    [Fact]
    public async Task A_text_of_less_than_a_chunk_is_refused()
    {
        (await CliRun.WithInput(CliRun.Utf8("Once"), "perplexity", TestData.Stories260K, "-", "--json")).AssertError("--context");
        (await CliRun.Of("perplexity", TestData.Stories260K, "/no/such/file", "--json")).AssertError("/no/such/file");
    }

    /// <summary>Token for token, each from a prompt of its own, on the device that adds in double precision.</summary>
    private static async Task<double[]> ScoresAsync(int context)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = new ReferenceDevice(), ContextLength = 64 });
        int[] tokens = engine.Tokenizer.Encode(Text);
        var scores = new List<double>();
        for (int chunk = 0; chunk < tokens.Length / context; chunk++)
        {
            int[] part = [engine.Tokenizer.BeginOfText!.Value, .. tokens[((chunk * context) + 1)..((chunk + 1) * context)]];
            for (int i = context / 2; i < context - 1; i++)
            {
                float[] logits = await engine.ComputeLogitsAsync(part.AsMemory(0, i + 1));
                double greatest = logits.Max();
                scores.Add(logits[part[i + 1]] - greatest - Math.Log(logits.Sum(logit => Math.Exp(logit - greatest))));
            }
        }

        return [.. scores];
    }
}

using System.Globalization;
using Inference.Cli.Quantization;
using Inference.Formats;
using Inference.Tests.Formats;
using Inference.Tests.Models;

namespace Inference.Tests.Engine;

/// <summary>Promise 1 at large: see docs/determinism.md, which also says how to run more of it.</summary>
public sealed class DeterminismFuzzTests
{
    /// <summary>How many requests to run and from which seed, where it is more than the suite's slice.</summary>
    private static readonly int _requests = Setting("INFERENCE_FUZZ_REQUESTS", 300);
    private static readonly int _seed = Setting("INFERENCE_FUZZ_SEED", 1);

    [Fact]
    public async Task Every_row_of_logits_is_that_of_the_request_alone()
    {
        using TemporaryFolder folder = new();
        string[] models =
        [
            TestData.Stories260K,
            Random(folder, "Q4_K_M", new("llama", 256, 2, 4, 2, 64, 512, new(64))),
            TestData.Path("models/stories260K/stories260K.Q8_0.gguf"),
            TestData.Path("models/TinyStories-656K/TinyStories-656K.Q4_0.gguf"),
            Random(folder, "Q6_K", new("qwen3", 256, 2, 4, 1, 64, 256, new(64, 1e6)) { Epsilon = 1e-6 }),
            TestData.Path("models/stories260K/stories260K.F16.gguf"),
            TestData.Path("models/TinyStories-656K/TinyStories-656K.Q5_1.gguf"),
            TestData.Path("models/TinyStories-656K/TinyStories-656K.BF16.gguf"),
            Random(folder, "Q8_0", new("qwen2", 96, 3, 6, 2, 16, 160, new(16, 1e6)) { IsTied = true, Epsilon = 1e-6 }),
            TestData.Path("models/TinyStories-656K/TinyStories-656K.IQ4_NL.gguf"),
        ];

        var fuzz = new DeterminismFuzz(models, _seed);
        await fuzz.RunAsync(_requests);

        FuzzCounts counts = fuzz.Counts;
        TestContext.Current.TestOutputHelper!.WriteLine($"{counts}; {fuzz.Differences.Count} requests differ");
        Assert.True(fuzz.Differences.Count == 0, string.Join('\n', fuzz.Differences));
        // What was to be fuzzed took place.
        Assert.True(counts.Rows > 2 * counts.Requests, $"{counts}");
        Assert.True(Math.Min(counts.Preemptions, counts.BlockCopies) > 0, $"{counts}");
        Assert.True(Math.Min(Math.Min(counts.Forks, counts.PrefixHits), Math.Min(counts.Chunked, counts.Left)) > _requests / 50, $"{counts}");
        Assert.True(Math.Min(counts.Joined, counts.Pins) > 0, $"{counts}");
    }

    private static string Random(TemporaryFolder folder, string recipe, PlainShape shape)
    {
        string path = folder.Write($"{shape.Family}.f32.gguf", new GgufModelFile(shape, RandomModel.Create(shape, 1)).ToBytes());
        string quantized = Path.ChangeExtension(path, recipe + ".gguf");
        using GgufFile file = GgufFile.Open(path);
        ModelQuantizer.Write(file, quantized, WeightRecipe.Parse(recipe), new Progress<double>(), CancellationToken.None);
        return quantized;
    }

    private static int Setting(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : usual;
}

using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Random models of every family, from both kinds of file, against the plain decoder.</summary>
public sealed class OracleTests
{
    // Weights, activations and cache are 32-bit floats: about 1e-6 is seen, through sums of some hundred terms and a few layers.
    private const double Tolerance = 1e-5;

    public static TheoryData<string, PlainShape> Shapes => new()
    {
        { "llama: as wide as its heads", new("llama", 64, 2, 4, 2, 16, 96, new(16)) },
        { "llama: narrow heads, odd widths, tied", new("llama", 45, 3, 5, 1, 6, 71, new(6, 500)) { IsTied = true } },
        { "llama: wide heads, every bias, linear", new("llama", 40, 2, 3, 3, 24, 50, new(24, 10000, "linear", 4)) { HasAllBiases = true } },
        { "llama: partly turned heads", new("llama", 48, 2, 6, 2, 20, 64, new(12, 2000)) },
        { "llama: llama3", new("llama", 64, 2, 8, 2, 32, 80, new(32, 500000, "llama3", 8, 64)) { IsTied = true } },
        { "llama: yarn", new("llama", 32, 2, 2, 1, 64, 40, new(64, 10000, "yarn", 4, 64)) { Epsilon = 1e-6 } },
        { "qwen2: biases", new("qwen2", 56, 2, 7, 1, 8, 100, new(8, 1e6)) { IsTied = true, Epsilon = 1e-6 } },
        { "qwen2: yarn, untied", new("qwen2", 48, 2, 4, 2, 32, 70, new(32, 1e6, "yarn", 8, 32)) },
        { "qwen3: normalised wide heads", new("qwen3", 40, 3, 4, 2, 128, 60, new(128, 1e6)) { IsTied = true, Epsilon = 1e-6 } },
        { "qwen3: linear, odd width", new("qwen3", 37, 2, 6, 3, 10, 33, new(10, 1000, "linear", 2.5)) },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Logits_are_those_of_the_papers(string name, PlainShape shape)
    {
        foreach (int seed in new[] { 1, 2 })
        {
            Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, seed);
            var oracle = new PlainDecoder(shape, weights);
            using TemporaryFolder folder = new();
            var checkpoint = new CheckpointFolder(shape, weights);
            var gguf = new GgufModelFile(shape, weights);
            await Compare($"{name}, checkpoint", checkpoint.WriteTo(folder), oracle, shape, seed);
            await Compare($"{name}, GGUF", folder.Write("model.gguf", gguf.ToBytes()), oracle, shape, seed + 10);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Both_orders_of_rows_are_one_model(string name, PlainShape shape)
    {
        Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, 3);
        int[] tokens = Tokens(new Random(3), shape, 12);
        double[] halves = new PlainDecoder(shape, weights).Logits(tokens)[^1];
        double[] interleaved = new PlainDecoder(shape, RandomModel.Interleave(shape, weights), interleaved: true).Logits(tokens)[^1];
        double[] mistaken = new PlainDecoder(shape, weights, interleaved: true).Logits(tokens)[^1];

        Assert.True(Distance(halves, interleaved) < 1e-12, name);
        Assert.True(Distance(halves, mistaken) > 1e-2, name);
    }

    private static async Task Compare(string name, string path, PlainDecoder oracle, PlainShape shape, int seed)
    {
        var random = new Random(seed);
        int[] prompt = Tokens(random, shape, 41);
        double[] expected = oracle.Logits(prompt)[^1];

        // Whole prompts, then a piece at a time.
        await using (InferenceEngine whole = await InferenceEngine.LoadAsync(path, new EngineOptions { Threads = 1, KvCacheTokens = 256 }))
        {
            AssertClose(expected, await whole.ComputeLogitsAsync(prompt), name);
            AssertClose(oracle.Logits([prompt[0]])[0], await whole.ComputeLogitsAsync(prompt.AsMemory(0, 1)), name + ", one token");
        }

        var small = new EngineOptions { Threads = 1, KvCacheTokens = 512, MaxTokensPerStep = 7, KvBlockSize = 8 };
        await using InferenceEngine pieces = await InferenceEngine.LoadAsync(path, small);
        AssertClose(expected, await pieces.ComputeLogitsAsync(prompt), name + ", in pieces");

        // Prompts and decoding mixed in the same steps, and every decoded position looked at.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => CompareDecoding($"{name}, request {i}", pieces, oracle, Tokens(random, shape, 3 + 9 * i))).ToArray());
    }

    private static async Task CompareDecoding(string name, InferenceEngine engine, PlainDecoder oracle, int[] prompt)
    {
        List<float[]> rows = [];
        var options = new GenerationOptions { MaxOutputTokens = 6, IgnoreEndOfText = true, Temperature = 1, Seed = 5, LogitsObserver = (_, row) => rows.Add(row.ToArray()) };
        GenerationResult result = await engine.Submit(Prompt.FromTokens(prompt), options).Completion;
        Assert.Equal(6, rows.Count);
        double[][] expected = oracle.Logits([.. prompt, .. result.Tokens]);
        for (int i = 0; i < rows.Count; i++)
            AssertClose(expected[prompt.Length - 1 + i], rows[i], $"{name}, token {i}");
    }

    private static int[] Tokens(Random random, PlainShape shape, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(shape.Vocabulary))];

    private static void AssertClose(double[] expected, float[] actual, string name)
    {
        double distance = Distance(expected, Array.ConvertAll(actual, v => (double)v));
        Assert.True(distance < Tolerance, $"{name}: the logits are off by {distance:E2}");
    }

    private static double Distance(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum();
        return Math.Sqrt(difference / expected.Sum(e => e * e));
    }
}

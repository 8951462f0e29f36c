using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Random models of every family, from both kinds of file, against the plain decoder.</summary>
public sealed class OracleTests
{
    // Weights, activations and cache are 32-bit floats: about 1e-6 is seen, through sums of some hundred terms and a few layers.
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Names => [.. OracleArchitectures.Cases.Select(c => c.Name)];

    public static TheoryData<string> Families => [.. OracleArchitectures.Cases.Select(c => c.Shape.Family).Distinct()];

    public static TheoryData<string> TurnedNames => [.. OracleArchitectures.All.Where(c => !c.Shape.Facts.LearnsPositions).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Logits_are_those_of_the_papers(string name)
    {
        OracleCase model = OracleArchitectures.All.Single(c => c.Name == name);
        await CompareFiles(model, 1);
        await CompareFiles(model, 2);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Logits_of_random_shapes_are_those_of_the_papers(string family)
    {
        for (int seed = 1; seed <= 4; seed++)
            await CompareFiles(RandomShape.Create(family, seed), seed);
    }

    [Theory]
    [MemberData(nameof(TurnedNames))]
    public void Both_orders_of_rows_are_one_model(string name)
    {
        PlainShape shape = OracleArchitectures.All.Single(c => c.Name == name).Shape;
        Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, 3);
        int[] tokens = Tokens(new Random(3), shape, 12);
        double[] halves = new PlainDecoder(shape, weights).LastLogits(tokens);
        double[] interleaved = new PlainDecoder(shape, RandomModel.Interleave(shape, weights), interleaved: true).LastLogits(tokens);
        double[] mistaken = new PlainDecoder(shape, weights, interleaved: true).LastLogits(tokens);

        Assert.True(Distance(halves, interleaved) < 1e-12, name);
        Assert.True(shape.Window == 1 || Distance(halves, mistaken) > 1e-3, name);
    }

    private static async Task CompareFiles(OracleCase model, int seed)
    {
        PlainShape shape = model.Shape;
        Dictionary<string, PlainTensor> weights = RandomModel.Create(shape, seed);
        var oracle = new PlainDecoder(shape, weights);
        using TemporaryFolder folder = new();
        if (model.HasCheckpoint)
            await Compare($"{model.Name}, checkpoint", new CheckpointFolder(shape, weights, (CheckpointStyle)(1 - seed % 2)).WriteTo(folder), oracle, model, seed);
        if (model.HasGguf)
            await Compare($"{model.Name}, GGUF", folder.Write("model.gguf", new GgufModelFile(shape, weights, Math.Min(512, shape.Vocabulary)).ToBytes()), oracle, model, seed + 10);
    }

    private static async Task Compare(string name, string path, PlainDecoder oracle, OracleCase model, int seed)
    {
        var random = new Random(seed);
        int[] prompt = Tokens(random, model.Shape, 41);
        double[] expected = oracle.LastLogits(prompt);

        // Whole prompts, then a piece at a time.
        var large = new EngineOptions { Threads = 1, KvCacheTokens = 256, ContextLength = model.ContextLength };
        await using (InferenceEngine whole = await InferenceEngine.LoadAsync(path, large))
        {
            AssertClose(expected, await whole.ComputeLogitsAsync(prompt), name);
            AssertClose(oracle.LastLogits([prompt[0]]), await whole.ComputeLogitsAsync(prompt.AsMemory(0, 1)), name + ", one token");
            GenerationResult greedy = await whole.Submit(Prompt.FromTokens(prompt), new GenerationOptions { MaxOutputTokens = 8, IgnoreEndOfText = true }).Completion;
            Assert.Equal(8, greedy.Tokens.Count);
            double[][] rows = oracle.Logits([.. prompt, .. greedy.Tokens]);
            Assert.Equal(rows[(prompt.Length - 1)..^1].Select(row => Array.IndexOf(row, row.Max())), greedy.Tokens);
        }

        EngineOptions small = large with { KvCacheTokens = 512, MaxTokensPerStep = 7, KvBlockSize = 8 };
        await using InferenceEngine pieces = await InferenceEngine.LoadAsync(path, small);
        AssertClose(expected, await pieces.ComputeLogitsAsync(prompt), name + ", in pieces");
        int[] longer = [.. prompt.AsSpan(0, 35), .. Tokens(random, model.Shape, 40)];
        AssertClose(oracle.LastLogits(longer), await pieces.ComputeLogitsAsync(longer), name + ", after a prefix from the cache");

        // Prompts and decoding mixed in the same steps, and every decoded position looked at.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => CompareDecoding($"{name}, request {i}", pieces, oracle, Tokens(random, model.Shape, 3 + 9 * i))).ToArray());
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

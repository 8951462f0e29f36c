using Inference.Execution;
using Inference.Tests.Execution;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>The experts of gpt-oss in MXFP4: both kinds of file hold the same numbers in other orders of bits.</summary>
public sealed class GptOssBlocksTests
{
    private static readonly PlainShape _shape = new("gpt-oss", 64, 3, 6, 2, 16, 96, new(16, 150000, "yarn", 32, 64) { Truncates = false })
    {
        Experts = 5,
        Window = 8,
        GlobalEvery = 2,
    };

    [Fact]
    public void Blocks_of_what_blocks_stand_for_are_the_same_blocks()
    {
        PlainTensor numbers = RandomModel.Create(_shape, 1)["model.layers.0.mlp.experts.0.gate_proj.weight"];
        PlainMxfp4 once = PlainMxfp4.Quantize(numbers);
        PlainMxfp4 twice = PlainMxfp4.Quantize(once.ToTensor());
        Assert.Equal(once.ToTensor().Values, twice.ToTensor().Values);
        Assert.True(once.ToTensor().Values.Zip(numbers.Values, (a, b) => (double)(a - b) * (a - b)).Sum() < 0.05 * numbers.Values.Sum(v => (double)v * v));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Both_files_give_the_same_logits_and_nearly_those_of_the_papers(int chosen)
    {
        PlainShape shape = _shape with { ChosenExperts = chosen };
        foreach (int seed in new[] { 1, 2 })
        {
            var model = new GptOssBlocks(shape, seed);
            var random = new Random(seed);
            int[] prompt = [.. Enumerable.Range(0, 41).Select(_ => random.Next(shape.Vocabulary))];
            using TemporaryFolder folder = new();
            float[] gguf = await Logits(folder.Write("model.gguf", model.ToGguf()), prompt);
            using TemporaryFolder other = new();
            float[] checkpoint = await Logits(model.ToCheckpoint((CheckpointStyle)(seed - 1)).WriteTo(other), prompt);
            Assert.Equal(gguf, checkpoint);

            double[] expected = new PlainDecoder(shape, model.Weights).LastLogits(prompt);
            float[] exact = await Logits(folder.Write("exact.gguf", model.ToGguf()), prompt, new ReferenceDevice(exactCache: true));
            Assert.InRange(Distance(expected, exact), 0, 1e-6);

            // Activations are rounded to 8 bits before they meet blocks; where that turns a close choice between experts, nothing is near any more.
            if (chosen == shape.Experts)
                Assert.InRange(Distance(expected, gguf), 0, 0.1);
        }
    }

    private static double Distance(double[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum() / expected.Sum(e => e * e));

    private static async Task<float[]> Logits(string path, int[] prompt, Device? device = null)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, new EngineOptions { Device = device, Threads = device is null ? 1 : null, KvCacheTokens = 256 });
        return await engine.ComputeLogitsAsync(prompt);
    }
}

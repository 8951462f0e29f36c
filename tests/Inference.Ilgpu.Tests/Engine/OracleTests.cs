using Inference.Execution;
using Inference.Tests.Engine;
using Inference.Tests.Formats;
using Inference.Tests.Models;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Random models of every family, on an accelerator, against the plain decoder.</summary>
[Collection(Emulation.Name)]
public sealed class OracleTests(SharedDevices devices)
{
    // Weights, activations and cache are 32-bit floats.
    private const double Tolerance = 3e-5;

    public static TheoryData<string> Names => [.. OracleArchitectures.All.Where(model => model.HasGguf).Select(model => model.Name)];

    /// <summary>Few positions and layers are enough for the emulation; together these have every operation.</summary>
    public static TheoryData<string> EmulatedNames => ["gpt2: another width between, untied", "gpt-oss: context not stretched", "olmo2: shared keys"];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Logits_are_those_of_the_papers(string name) => CompareAsync("OpenCL", name, 41);

    [Theory]
    [MemberData(nameof(EmulatedNames))]
    public Task Logits_are_those_of_the_papers_in_the_emulation(string name) => CompareAsync("Cpu", name, 7);

    private async Task CompareAsync(string kind, string name, int length)
    {
        OracleCase model = OracleArchitectures.All.Single(model => model.Name == name);
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        Random random = new(2);
        int[] prompt = [.. Enumerable.Range(0, length).Select(_ => random.Next(3, Math.Min(500, model.Shape.Vocabulary)))];
        PlainDecoder oracle = new(model.Shape, weights);
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", new GgufModelFile(model.Shape, weights, Math.Min(512, model.Shape.Vocabulary)).ToBytes());
        // Pieces of a prompt and single tokens, in blocks that no piece fills.
        EngineOptions options = new()
        {
            Device = new DelegatingDevice(devices.Get(kind)) { IsGuest = true },
            KvCacheTokens = 128,
            ContextLength = model.ContextLength,
            MaxTokensPerStep = 11,
            KvBlockSize = 8,
            KvCacheType = KvCacheType.F32,
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, options);
        int compiled = ((IlgpuDevice)devices.Get(kind)).KernelCount;
        AssertClose(oracle.LastLogits(prompt), await engine.ComputeLogitsAsync(prompt), name);
        List<float[]> rows = [];
        GenerationOptions greedy = new() { MaxOutputTokens = 3, IgnoreEndOfText = true, LogitsObserver = (_, row) => rows.Add([.. row]) };
        GenerationResult result = await engine.Submit(Prompt.FromTokens(prompt), greedy).Completion;
        double[][] expected = oracle.Logits([.. prompt, .. result.Tokens]);
        for (int i = 0; i < rows.Count; i++)
            AssertClose(expected[length - 1 + i], rows[i], $"{name}, token {i}");
        Assert.Equal(3, rows.Count);
        Assert.True(compiled == ((IlgpuDevice)devices.Get(kind)).KernelCount, "kernels were compiled after the model was loaded");
    }

    private static void AssertClose(double[] expected, float[] actual, string name)
    {
        double difference = Math.Sqrt(expected.Select((value, i) => Math.Pow(value - actual[i], 2)).Sum()), length = Math.Sqrt(expected.Sum(value => value * value));
        Assert.True(difference < Tolerance * length, $"{name}: {difference / length}");
    }
}

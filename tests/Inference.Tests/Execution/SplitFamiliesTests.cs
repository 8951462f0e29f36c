using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Engine;
using Inference.Tests.Formats;
using Inference.Tests.Models;

namespace Inference.Tests.Execution;

/// <summary>Every family on two devices, with prompts in pieces, mixed steps and shared prefixes.</summary>
public sealed class SplitFamiliesTests
{
    public static TheoryData<string> Names => OracleTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Logits_are_those_of_one_device_and_one_tensor_crosses_in_a_step(string name)
    {
        OracleCase model = OracleArchitectures.All.Single(c => c.Name == name);
        using TemporaryFolder folder = new();
        string path = Write(model, folder);
        RecordedRequest[] whole = Requests(model.Shape.Vocabulary);
        await RunAsync(path, model, new CpuDevice(1), whole);
        for (int first = 0; first <= model.Shape.Layers; first++)
        {
            RecordedRequest[] split = Requests(model.Shape.Vocabulary);
            DelegatingDevice before = new(new CpuDevice(1)), behind = new(new CpuDevice(2));
            await RunAsync(path, model, new SplitDevice([new(before, first), new(behind, null)]), split);
            for (int i = 0; i < whole.Length; i++)
                RecordedRequest.AssertSame(whole[i], split[i]);
            bool crosses = first > 0 && first < model.Shape.Layers;
            Assert.Equal((0, crosses ? behind.Steps : 0), (before.Transfers, behind.Transfers));
            Assert.Equal((first > 0, first < model.Shape.Layers), (before.Steps > 0, behind.Steps > 0));
        }
    }

    [Theory]
    [InlineData("llama: narrow heads, odd widths, tied")]
    [InlineData("olmo2: shared keys")]
    [InlineData("gpt2: learned positions")]
    [InlineData("mixtral: 2 of 8")]
    public async Task Devices_of_different_kinds_agree(string name)
    {
        OracleCase model = OracleArchitectures.All.Single(c => c.Name == name);
        using TemporaryFolder folder = new();
        string path = Write(model, folder);
        int[] prompt = Requests(model.Shape.Vocabulary)[2].Prompt;
        float[] expected = await LogitsAsync(path, new CpuDevice(1), prompt);
        foreach (bool first in (bool[])[false, true])
        {
            DevicePart[] parts = first ? [new(new CpuDevice(1), 1), new(new ReferenceDevice(), null)] : [new(new ReferenceDevice(), 1), new(new CpuDevice(1), null)];
            float[] actual = await LogitsAsync(path, new SplitDevice(parts), prompt);
            double scale = Math.Sqrt(expected.Average(value => (double)value * value));
            for (int i = 0; i < expected.Length; i++)
                Assert.InRange((actual[i] - expected[i]) / scale, -1e-4, 1e-4);
        }
    }

    private static string Write(OracleCase model, TemporaryFolder folder)
    {
        Dictionary<string, PlainTensor> weights = RandomModel.Create(model.Shape, 1);
        return model.HasGguf
            ? folder.Write("model.gguf", new GgufModelFile(model.Shape, weights, Math.Min(512, model.Shape.Vocabulary)).ToBytes())
            : new CheckpointFolder(model.Shape, weights, default).WriteTo(folder);
    }

    private static async Task<float[]> LogitsAsync(string path, Device device, int[] prompt)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, new EngineOptions { Device = device, KvCacheTokens = 256, MaxTokensPerStep = 16 });
        return await engine.ComputeLogitsAsync(prompt);
    }

    private static async Task RunAsync(string path, OracleCase model, Device device, RecordedRequest[] requests)
    {
        var options = new EngineOptions { Device = device, ContextLength = model.ContextLength, KvCacheTokens = 256, MaxTokensPerStep = 7, KvBlockSize = 8 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, options);
        await requests[0].RunAsync(engine);
        await Task.WhenAll(requests.Skip(1).Select(request => request.RunAsync(engine)));
        Assert.True(requests.Sum(request => request.Result!.Usage.CachedInputTokens) > 0, "no prefix was shared");
    }

    private static RecordedRequest[] Requests(int vocabulary)
    {
        var random = new Random(vocabulary);
        int[] common = [.. Enumerable.Range(0, 20).Select(_ => random.Next(vocabulary))];
        return [.. Enumerable.Range(0, 4).Select(i => new RecordedRequest(
            [.. common, .. Enumerable.Range(0, 1 + (5 * i)).Select(_ => random.Next(vocabulary))],
            new() { MaxOutputTokens = 5, IgnoreEndOfText = true, Temperature = i % 2, Seed = (ulong)i }))];
    }
}

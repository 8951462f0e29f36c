namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Whole models: what an engine generates on an accelerator is what it generates on the CPU device.</summary>
[Collection(Emulation.Name)]
public class GreedyTests
{
    public static TheoryData<string, string> Cases => new()
    {
        { "Cpu", "stories260K" },
        { "OpenCL", "stories260K" },
        { "OpenCL", "TinyStories-656K" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Tokens_are_those_of_the_CPU_device(string accelerator, string model)
    {
        Assert.SkipUnless(IlgpuDevice.List().Any(found => found.Kind.ToString() == accelerator), $"needs an accelerator of kind {accelerator}");
        string path = model == "stories260K" ? TestData.Stories260K : TestData.Path($"models/{model}");
        int[] expected = await GenerateAsync(path, new EngineOptions { Threads = 1 });
        int[] actual = await GenerateAsync(path, new EngineOptions { Device = IlgpuDevice.Create(new IlgpuOptions { Accelerators = [accelerator] }) });
        Assert.Equal(expected, actual);
    }

    private static async Task<int[]> GenerateAsync(string path, EngineOptions options)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(path, options with { ContextLength = 64, KvCacheTokens = 256 });
        GenerationResult result = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 24, IgnoreEndOfText = true }).Completion;
        return [.. result.Tokens];
    }
}

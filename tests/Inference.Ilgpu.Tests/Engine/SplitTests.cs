namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Layers on accelerators and on the CPU device, and on several accelerators.</summary>
[Collection(Emulation.Name)]
public class SplitTests
{
    [Fact]
    public async Task Layers_may_be_computed_on_the_processor()
    {
        (string[] _, int[] expected) = await GenerateAsync(null);
        foreach (int layers in (int[])[0, 2, 99])
        {
            (string[] devices, int[] actual) = await GenerateAsync(new IlgpuOptions { Accelerators = ["Cpu"], GpuLayers = layers, Threads = 1 });
            Assert.Equal(expected, actual);
            Assert.Equal(layers == 2 ? 2 : 1, devices.Length);
        }
    }

    [Fact]
    public async Task Several_accelerators_share_the_layers()
    {
        (_, int[] expected) = await GenerateAsync(null);
        (string[] devices, int[] actual) = await GenerateAsync(new IlgpuOptions { Accelerators = ["Cpu", "Cpu"], GpuLayers = 5, Threads = 1 });
        Assert.Equal(expected, actual);
        Assert.Equal(2, devices.Length);
    }

    private static async Task<(string[] Devices, int[] Tokens)> GenerateAsync(IlgpuOptions? options)
    {
        EngineOptions engineOptions = new() { Device = options is null ? null : IlgpuDevice.Create(options), ContextLength = 32, KvCacheTokens = 64 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, engineOptions);
        GenerationResult result = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 6, IgnoreEndOfText = true }).Completion;
        return (engine.DeviceName.Split("), "), [.. result.Tokens]);
    }
}

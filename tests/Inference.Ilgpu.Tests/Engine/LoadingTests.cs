using Inference.Tests.Engine;
using Microsoft.Extensions.Logging;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>What has happened when a model is loaded.</summary>
[Collection(Emulation.Name)]
public sealed class LoadingTests
{
    public static MatrixTheoryData<string, string> Models => new(
        ["Cpu", "OpenCL"],
        ["stories260K.F16", "stories260K.Q8_0", "TinyStories-656K.BF16", "TinyStories-656K.Q5_1"]);

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Every_kernel_is_compiled_before_the_first_request(string kind, string model)
    {
        Assert.SkipUnless(IlgpuDevice.List().Any(found => found.Kind.ToString() == kind), $"needs an accelerator of kind {kind}");
        using var log = new RecordingLog();
        var device = (IlgpuDevice)IlgpuDevice.Create(new IlgpuOptions { Accelerators = [kind] });
        EngineOptions options = new() { Device = device, LoggerFactory = log, ContextLength = 32, KvCacheTokens = 256 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Path($"models/{model.Split('.')[0]}/{model}.gguf"), options);
        int compiled = device.KernelCount;
        Assert.True(compiled > 5, $"{compiled} kernels");
        Assert.True(device.CompileTime > TimeSpan.Zero);
        (string _, LogLevel level, string text) = Assert.Single(log.Messages, message => message.Category == typeof(IlgpuDevice).FullName);
        Assert.Equal(LogLevel.Information, level);
        Assert.Contains($"{compiled} kernels", text, StringComparison.Ordinal);

        // A prompt, single rows, and several at once, chosen by the device and by the host.
        GenerationOptions greedy = new() { MaxOutputTokens = 2, IgnoreEndOfText = true };
        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => engine.Submit("Once upon a time", i == 0 ? greedy : greedy with { Temperature = 1, Seed = (ulong)i }).Completion));
        Assert.Equal(compiled, device.KernelCount);
    }
}

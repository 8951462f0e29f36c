using Inference.Tests.Engine;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>Real trained models, on an accelerator, against float64 arithmetic done elsewhere.</summary>
[Collection(Emulation.Name)]
public sealed class ReferenceModelTests(SharedDevices devices)
{
    [Theory]
    [InlineData("Cpu", "stories260Ktok512.gguf", 12)]
    [InlineData("OpenCL", "stories260Ktok512.gguf", int.MaxValue)]
    [InlineData("OpenCL", "TinyStories-656K.F32.gguf", int.MaxValue)]
    public async Task Floats_give_the_reference_tokens_and_logits(string kind, string name, int most)
    {
        ReferenceModel reference = ReferenceModel.Load(name);
        int[] expected = [.. reference.Continuation.Take(most)];
        await using InferenceEngine engine = await LoadAsync(kind, reference);
        Assert.InRange(reference.RelativeError(await engine.ComputeLogitsAsync(reference.PromptIds)), 0, 1e-5);
        GenerationResult result = await engine.Submit(ReferenceModel.Prompt, new() { MaxOutputTokens = expected.Length }).Completion;
        Assert.Equal(expected, result.Tokens);
    }

    /// <remarks>16-bit weights are exact, or on tensor cores meet activations rounded to as many bits; block types meet activations rounded to 8.</remarks>
    [Theory]
    [InlineData("Cpu", "stories260Ktok512.Q8_0.gguf", 2e-2)]
    [InlineData("OpenCL", "stories260Ktok512.F16.gguf", 1e-3)]
    [InlineData("OpenCL", "TinyStories-656K.BF16.gguf", 1e-3)]
    [InlineData("OpenCL", "stories260Ktok512.Q8_0.gguf", 2e-2)]
    [InlineData("OpenCL", "TinyStories-656K.Q8_0.gguf", 2e-2)]
    [InlineData("OpenCL", "TinyStories-656K.Q5_1.gguf", 2e-2)]
    [InlineData("OpenCL", "TinyStories-656K.Q4_0.gguf", 2e-2)]
    [InlineData("OpenCL", "TinyStories-656K.IQ4_NL.gguf", 2e-2)]
    public async Task Smaller_types_stay_within_their_stated_error(string kind, string name, double tolerance)
    {
        ReferenceModel reference = ReferenceModel.Load(name);
        await using InferenceEngine engine = await LoadAsync(kind, reference);
        float[] logits = await engine.ComputeLogitsAsync(reference.PromptIds);
        Assert.InRange(reference.RelativeError(logits), 0, tolerance);
        Assert.Equal(Array.IndexOf(reference.Logits, reference.Logits.Max()), Array.IndexOf(logits, logits.Max()));
    }

    private Task<InferenceEngine> LoadAsync(string kind, ReferenceModel reference) =>
        InferenceEngine.LoadAsync(reference.Path, new EngineOptions { Device = new DelegatingDevice(devices.Get(kind)) { IsGuest = true }, ContextLength = 512, KvCacheTokens = 512 });
}

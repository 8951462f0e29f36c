namespace Inference.Tests.Engine;

/// <summary>Real trained models against float64 arithmetic done elsewhere.</summary>
public sealed class ReferenceModelTests
{
    [Theory]
    [InlineData("stories260Ktok512.gguf")]
    [InlineData("TinyStories-656K.F32.gguf")]
    public async Task Floats_give_the_reference_tokens_and_logits(string name)
    {
        var reference = ReferenceModel.Load(name);
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(reference.Path, new EngineOptions { Threads = 1, ContextLength = 512 });

        Assert.Equal(reference.PromptIds, engine.Tokenize(ReferenceModel.Prompt));
        float[] logits = await engine.ComputeLogitsAsync(reference.PromptIds);
        Assert.InRange(reference.RelativeError(logits), 0, 1e-5);

        GenerationResult result = await engine.Submit(ReferenceModel.Prompt, new() { MaxOutputTokens = reference.Continuation.Length }).Completion;
        Assert.Equal(reference.Continuation, result.Tokens);
        Assert.Equal(FinishReason.Length, result.FinishReason);
    }

    [Fact]
    public async Task The_same_model_from_gguf_and_from_safetensors_gives_the_same_tokens()
    {
        var reference = ReferenceModel.Load("TinyStories-656K.F32.gguf");
        string gguf = TestData.Shared("models/TinyStories-656K/TinyStories-656K.F32.gguf");
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(gguf, new EngineOptions { Threads = 1 });

        float[] logits = await engine.ComputeLogitsAsync(reference.PromptIds);
        Assert.InRange(reference.RelativeError(logits), 0, 1e-5);
        GenerationResult result = await engine.Submit(ReferenceModel.Prompt, new() { MaxOutputTokens = reference.Continuation.Length }).Completion;
        Assert.Equal(reference.Continuation, result.Tokens);
    }

    /// <remarks>
    /// F16 and BF16 weights are exact here. With F16 activations stay in 32 bits, and only keys and values are rounded to F16, 2^-11 relative
    /// an element. With BF16 activations are rounded to BF16, at most 2^-9 relative an element and independent from element to element.
    /// For block types activations are rounded to 8 bits in blocks of 32: up to 1/254 of the block's largest element, about 0.5 % of a
    /// typical one, independent from element to element. Through a handful of layers that stays near 1 % of the logits.
    /// </remarks>
    [Theory]
    [InlineData("stories260Ktok512.F16.gguf", 1e-3)]
    [InlineData("TinyStories-656K.BF16.gguf", 1e-2)]
    [InlineData("TinyStories-656K.F16.gguf", 1e-3)]
    [InlineData("stories260Ktok512.Q8_0.gguf", 2e-2)]
    [InlineData("TinyStories-656K.Q8_0.gguf", 2e-2)]
    [InlineData("TinyStories-656K.Q5_1.gguf", 2e-2)]
    [InlineData("TinyStories-656K.Q5_0.gguf", 2e-2)]
    [InlineData("TinyStories-656K.Q4_1.gguf", 2e-2)]
    [InlineData("TinyStories-656K.Q4_0.gguf", 2e-2)]
    [InlineData("TinyStories-656K.IQ4_NL.gguf", 2e-2)]
    public async Task Smaller_types_stay_within_their_stated_error(string name, double tolerance)
    {
        var reference = ReferenceModel.Load(name);
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(reference.Path, new EngineOptions { Threads = 1 });

        float[] logits = await engine.ComputeLogitsAsync(reference.PromptIds);
        Assert.InRange(reference.RelativeError(logits), 0, tolerance);
        Assert.Equal(Array.IndexOf(reference.Logits, reference.Logits.Max()), Array.IndexOf(logits, logits.Max()));
    }
}

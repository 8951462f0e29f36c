namespace Inference.Tests.Engine;

public sealed class WeightPackingTests
{
    private static readonly int[] _prompt = [1, 17, 300, 42, 5];

    public static TheoryData<string> Models => new(
        TestData.Stories260K,
        TestData.Path("models/stories260K/stories260K.Q8_0.gguf"),
        TestData.Path("models/TinyStories-656K/TinyStories-656K.Q5_1.gguf"));

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Weights_packed_at_their_first_use_give_the_same_logits(string model)
    {
        await using InferenceEngine atLoad = await LoadAsync(model, WeightPacking.AtLoad);
        await using InferenceEngine lazy = await LoadAsync(model, WeightPacking.Lazy);

        // Two requests begin before anything is packed.
        Task<float[]>[] both = [lazy.ComputeLogitsAsync(_prompt), lazy.ComputeLogitsAsync(_prompt.AsMemory(0, 3))];
        Assert.Equal(await atLoad.ComputeLogitsAsync(_prompt), await both[0]);
        Assert.Equal(await atLoad.ComputeLogitsAsync(_prompt.AsMemory(0, 3)), await both[1]);
        Assert.Equal(await atLoad.ComputeLogitsAsync(_prompt), await lazy.ComputeLogitsAsync(_prompt));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_first_request_on_a_fresh_engine_gets_the_tokens_of_any_other(string model)
    {
        await using InferenceEngine atLoad = await LoadAsync(model, WeightPacking.AtLoad);
        await using InferenceEngine lazy = await LoadAsync(model, WeightPacking.Lazy);
        var options = new GenerationOptions { MaxOutputTokens = 20 };
        // Of the second engine the first token comes from weights as they are stored, the others from packed ones.
        for (int request = 0; request < 2; request++)
            Assert.Equal(await TokensAsync(atLoad), await TokensAsync(lazy));

        async Task<IReadOnlyList<int>> TokensAsync(InferenceEngine engine) => (await (await engine.SubmitAsync(_prompt, options)).Completion).Tokens;
    }

    [Fact]
    public async Task Progress_rises_to_all_bytes_at_load_and_stops_short_of_them_where_packing_is_put_off()
    {
        var atLoad = new Progress();
        await using (await LoadAsync(TestData.Stories260K, WeightPacking.AtLoad, atLoad))
        {
        }

        var lazy = new Progress();
        await using (await LoadAsync(TestData.Stories260K, WeightPacking.Lazy, lazy))
        {
        }

        Assert.Equal(1, atLoad.Seen[^1].Fraction);
        Assert.True(lazy.Seen[^1].Fraction < 0.5, $"{lazy.Seen[^1]}");
        foreach (Progress progress in (Progress[])[atLoad, lazy])
            Assert.Equal(progress.Seen.OrderBy(step => step.BytesLoaded), progress.Seen);
    }

    [Fact]
    public async Task An_undefined_packing_is_refused_by_name()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => LoadAsync(TestData.Stories260K, (WeightPacking)7));
        Assert.Equal("WeightPacking", error.ParamName);
    }

    private static Task<InferenceEngine> LoadAsync(string model, WeightPacking packing, Progress? progress = null) =>
        InferenceEngine.LoadAsync(model, new EngineOptions { Threads = 2, KvCacheTokens = 256, ContextLength = 128, WeightPacking = packing }, progress);

    private sealed class Progress : IProgress<LoadProgress>
    {
        public List<LoadProgress> Seen { get; } = [];

        public void Report(LoadProgress value) => Seen.Add(value);
    }
}

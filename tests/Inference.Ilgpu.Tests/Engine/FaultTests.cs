using Inference.Tests.Engine;

namespace Inference.Ilgpu.Tests.Engine;

/// <summary>A device that fails somewhere in a step, for one request, computes the next as if nothing had been.</summary>
[Collection(Emulation.Name)]
public sealed class FaultTests(SharedDevices devices)
{
    private static readonly string _model = TestData.Path("models/stories260K/stories260K.Q8_0.gguf");

    [Theory]
    [InlineData("Cpu", 2)]
    [InlineData("OpenCL", 40)]
    public async Task A_request_that_follows_a_fault_has_the_tokens_of_one_that_follows_none(string kind, int faults)
    {
        int operations = 0, failAt = -1;
        using DelegatingDevice device = new(devices.Get(kind))
        {
            IsGuest = true,
            OnOperation = _ =>
            {
                if (operations++ == failAt)
                    throw new InvalidOperationException("the device broke");
            },
        };
        EngineOptions options = new() { Device = device, ContextLength = 32, KvCacheTokens = 64, MaxTokensPerStep = 8, PrefixCaching = false };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(_model, options);
        async Task<IReadOnlyList<int>> Generate() => (await engine.Submit("Once upon a time", new() { MaxOutputTokens = 2 }).Completion).Tokens;

        operations = 0;
        IReadOnlyList<int> expected = await Generate();
        int all = operations;
        Assert.True(all > faults);
        for (int i = 0; i < faults; i++)
        {
            (operations, failAt) = (0, i * all / faults);
            await Assert.ThrowsAnyAsync<Exception>(Generate);
            (operations, failAt) = (0, -1);
            Assert.Equal(expected, await Generate());
        }

        Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);
    }
}

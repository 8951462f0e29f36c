using Inference.Cpu;
using Inference.Execution;
using Inference.Tests.Engine;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Of the last layer, only what the wanted logits read is computed.</summary>
public sealed class LastLayerTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("falcon-7b")]
    public async Task Only_rows_with_logits_go_through_the_last_layer(string family)
    {
        using TemporaryFolder folder = new();
        PlainShape shape = family == "llama"
            ? new("llama", 64, 3, 4, 2, 16, 96, new(16))
            : new("falcon-7b", 48, 3, 6, 1, 8, 192, new(8)) { IsTied = true, Context = 2048 };
        string model = folder.Write("model.gguf", new GgufModelFile(shape, RandomModel.Create(shape, 1)).ToBytes());
        var device = new RowsDevice(new CpuDevice(1));
        var options = new EngineOptions { Device = device, ContextLength = 64, MaxTokensPerStep = 16, KvCacheTokens = 64, KvBlockSize = 8 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(model, options);

        await engine.Submit(Enumerable.Range(1, 20).ToArray(), new() { MaxOutputTokens = 2, Temperature = 0, IgnoreEndOfText = true }).Completion;

        // The first step has no logits, the second those of the prompt's last token.
        Assert.Equal(["16 16", "4 4 4", "1 1 1"], device.Attended);
        Assert.Equal(["16 16", "4 4 1", "1 1 1"], device.FedForward);
    }

    /// <summary>Writes down, for each step, the rows of each layer's attention and feed-forward layers.</summary>
    private sealed class RowsDevice(Device inner) : DelegatingDevice(inner)
    {
        public List<string> Attended { get; } = [];

        public List<string> FedForward { get; } = [];

        public override void Begin(StepBatch batch)
        {
            Attended.Add("");
            FedForward.Add("");
            base.Begin(batch);
        }

        public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination)
        {
            Attended[^1] = $"{Attended[^1]} {queries.Rows}".TrimStart();
            base.Attend(queries, shape, sinks, cache, layer, destination);
        }

        public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets)
        {
            FedForward[^1] = $"{FedForward[^1]} {gate.Rows}".TrimStart();
            base.GatedLinear(gate, up, activation, targets);
        }
    }
}

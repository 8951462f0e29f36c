using Inference.Execution;

namespace Inference.Models;

/// <summary>A decoder's weights on a device, and the way through its layers: written once, for batches, against <see cref="Device"/>.</summary>
internal sealed class DecoderModel : IDisposable
{
    private readonly Device _device;
    private readonly DecoderWeights _weights;
    private readonly DecoderBuffers _buffers;
    private readonly LinearTarget[] _head;
    private readonly ExpertRouting _routing;

    public DecoderModel(Device device, DecoderConfig config, DecoderWeights weights, DecoderBuffers buffers)
    {
        _device = device;
        _weights = weights;
        _buffers = buffers;
        Config = config;
        _routing = new ExpertRouting(config.ChosenExperts, config.NormalizesExperts, config.Architecture.Activation);
        _head = [new LinearTarget(weights.Head, null, buffers.Logits)];
    }

    public DecoderConfig Config { get; }

    public int VocabularySize => _buffers.Logits.Columns;

    /// <summary>Computes a step: writes its keys and values into the cache and the wanted logits into the result.</summary>
    /// <returns>[logit rows of the batch, vocabulary], valid until the next step.</returns>
    public DeviceTensor Forward(StepBatch batch, DeviceKvCache cache)
    {
        DecoderBuffers b = _buffers;
        b.Resize(batch);
        _device.Begin(batch);
        _device.Embed(_weights.Embedding, b.Hidden);
        Scale(b.Hidden, Config.EmbeddingScale);
        if (_weights.Positions is { } positions)
            _device.EmbedPositions(positions, b.Hidden);

        DeviceTensor? pending = null;
        for (int i = 0; i < _weights.Layers.Length; i++)
        {
            DecoderLayer layer = _weights.Layers[i];
            Read(pending, layer.AttentionNorm, layer.QueryKeyValue);
            Attend(layer, cache, i);
            Finish(b.Delta, layer.AfterAttention);
            FeedForward(layer, b.Beside is null ? b.Delta : null);
            Finish(b.Beside ?? b.Delta, layer.AfterFeedForward);
            if (b.Beside is not null)
                _device.Add(b.Delta, b.Beside);
            pending = b.Delta;
        }

        if (batch.LogitRows.Length > 0)
            ComputeLogits();
        return b.Logits;
    }

    /// <summary>Applies the first layers of a part to the residual stream, to which what the part before computed is added.</summary>
    private void Read(DeviceTensor? pending, Norm? norm, LinearTarget[] targets)
    {
        if (norm is not null)
        {
            _device.NormalizedLinear(_buffers.Hidden, pending, norm, targets);
            return;
        }

        if (pending is not null)
            _device.Add(_buffers.Hidden, pending);
        _device.Linear(_buffers.Hidden, targets);
    }

    private void Attend(DecoderLayer layer, DeviceKvCache cache, int index)
    {
        DecoderBuffers b = _buffers;
        if (layer.QueryNorm is { } queryNorm)
            _device.Normalize(b.Queries, null, queryNorm, b.Queries);
        if (layer.KeyNorm is { } keyNorm)
            _device.Normalize(b.Keys, null, keyNorm, b.Keys);
        _device.RotateAndStore(b.Queries, b.Keys, b.Values, layer.Rope, layer.Attention, cache, index);
        _device.Attend(b.Queries, layer.Attention, layer.Sinks, cache, index, b.Attended);
        _device.Linear(b.Attended, layer.AttentionOutput);
    }

    private void FeedForward(DecoderLayer layer, DeviceTensor? pending)
    {
        DecoderBuffers b = _buffers;
        if (layer.Experts is not { } experts)
        {
            Read(pending, layer.FeedForwardNorm, layer.FeedForward);
            _device.GatedLinear(b.Gate!, b.Up, Config.Architecture.Activation, layer.Down);
            return;
        }

        _device.Normalize(b.Hidden, pending, layer.FeedForwardNorm!, b.Normal!);
        _device.Linear(b.Normal!, layer.FeedForward);
        _device.MixExperts(b.Normal!, b.Scores!, _routing, experts, b.Delta);
    }

    /// <summary>Makes what a part computed what it adds to the stream.</summary>
    private void Finish(DeviceTensor delta, Norm? norm)
    {
        if (norm is not null)
            _device.Normalize(delta, null, norm, delta);
        Scale(delta, Config.ResidualScale);
    }

    private void ComputeLogits()
    {
        DecoderBuffers b = _buffers;
        _device.SelectRows(b.Hidden, b.LastHidden);
        _device.SelectRows(b.Delta, b.LastDelta);
        _device.NormalizedLinear(b.LastHidden, b.LastDelta, _weights.OutputNorm, _head);
        Scale(b.Logits, 1 / Config.LogitDivisor);
        if (Config.LogitCap > 0)
            _device.SoftCap(b.Logits, (float)Config.LogitCap);
    }

    private void Scale(DeviceTensor tensor, double factor)
    {
        if (factor != 1)
            _device.Scale(tensor, (float)factor);
    }

    public void Dispose()
    {
        _buffers.Dispose();
        _weights.Dispose();
    }
}

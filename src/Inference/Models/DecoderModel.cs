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
    /// <remarks>What the last layer computes behind its keys and values is read by the logits alone: only their rows are computed there.</remarks>
    /// <returns>[logit rows of the batch, vocabulary], valid until the next step.</returns>
    public DeviceTensor Forward(StepBatch batch, DeviceKvCache cache)
    {
        DecoderBuffers b = _buffers;
        b.Resize(batch);
        _device.Begin(batch);
        StreamBuffers stream = b.Stream;
        _device.Embed(_weights.Embedding, stream.Hidden);
        Scale(stream.Hidden, Config.EmbeddingScale);
        if (_weights.Positions is { } positions)
            _device.EmbedPositions(positions, stream.Hidden);

        for (int i = 0; i < _weights.Layers.Length; i++)
        {
            DecoderLayer layer = _weights.Layers[i];
            bool isLast = i == _weights.Layers.Length - 1;
            Read(stream, i == 0 ? null : stream.Delta, layer.AttentionNorm, layer.QueryKeyValue);
            StoreKeys(layer, cache, i);
            if (isLast && batch.LogitRows.IsEmpty)
                return b.Logits;
            _device.Attend(b.Queries, layer.Attention, layer.Sinks, cache, i, stream.Attended);
            if (isLast)
                stream = SelectLast();
            _device.Linear(stream.Attended, layer.AttentionOutput);
            Finish(stream.Delta, layer.AfterAttention);
            FeedForward(stream, layer);
            Finish(stream.Beside ?? stream.Delta, layer.AfterFeedForward);
            if (stream.Beside is not null)
                _device.Add(stream.Delta, stream.Beside);
        }

        ComputeLogits();
        return b.Logits;
    }

    /// <summary>Applies the first layers of a part to the residual stream, to which what the part before computed is added.</summary>
    private void Read(StreamBuffers stream, DeviceTensor? pending, Norm? norm, LinearTarget[] targets)
    {
        if (norm is not null)
        {
            _device.NormalizedLinear(stream.Hidden, pending, norm, targets);
            return;
        }

        if (pending is not null)
            _device.Add(stream.Hidden, pending);
        _device.Linear(stream.Hidden, targets);
    }

    private void StoreKeys(DecoderLayer layer, DeviceKvCache cache, int index)
    {
        DecoderBuffers b = _buffers;
        if (layer.QueryNorm is { } queryNorm)
            _device.Normalize(b.Queries, null, queryNorm, b.Queries);
        if (layer.KeyNorm is { } keyNorm)
            _device.Normalize(b.Keys, null, keyNorm, b.Keys);
        _device.RotateAndStore(b.Queries, b.Keys, b.Values, layer.Rope, layer.Attention, cache, index);
    }

    private StreamBuffers SelectLast()
    {
        (StreamBuffers all, StreamBuffers last) = (_buffers.Stream, _buffers.Last);
        _device.SelectRows(all.Hidden, last.Hidden);
        _device.SelectRows(all.Attended, last.Attended);
        return last;
    }

    private void FeedForward(StreamBuffers stream, DecoderLayer layer)
    {
        DeviceTensor? pending = stream.Beside is null ? stream.Delta : null;
        if (layer.Experts is not { } experts)
        {
            Read(stream, pending, layer.FeedForwardNorm, layer.FeedForward);
            _device.GatedLinear(stream.Gate!, stream.Up, Config.Architecture.Activation, layer.Down);
            return;
        }

        _device.Normalize(stream.Hidden, pending, layer.FeedForwardNorm!, stream.Normal!);
        _device.Linear(stream.Normal!, layer.FeedForward);
        _device.MixExperts(stream.Normal!, stream.Scores!, _routing, experts, stream.Delta);
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
        _device.NormalizedLinear(b.Last.Hidden, b.Last.Delta, _weights.OutputNorm, _head);
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

using Inference.Execution;

namespace Inference.Models;

/// <summary>A decoder's weights on a device, and the way through its layers: written once, for batches, against <see cref="Device"/>.</summary>
internal sealed class DecoderModel : IDisposable
{
    private readonly Device _device;
    private readonly DecoderWeights _weights;
    private readonly DecoderBuffers _buffers;
    private readonly Rope _rope;
    private readonly AttentionShape _attention;
    private readonly LinearTarget[] _head;

    public DecoderModel(Device device, DecoderConfig config, DecoderWeights weights, DecoderBuffers buffers)
    {
        _device = device;
        _weights = weights;
        _buffers = buffers;
        Config = config;
        _rope = config.Rope.ToRope(config.RopeKind);
        _attention = config.Attention;
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

        DeviceTensor? pending = null;
        for (int i = 0; i < _weights.Layers.Length; i++)
        {
            DecoderLayer layer = _weights.Layers[i];
            _device.NormalizedLinear(b.Hidden, pending, layer.AttentionNorm, layer.QueryKeyValue);
            if (layer.QueryNorm is { } queryNorm)
                _device.Normalize(b.Queries, null, queryNorm, b.Queries);
            if (layer.KeyNorm is { } keyNorm)
                _device.Normalize(b.Keys, null, keyNorm, b.Keys);
            _device.RotateAndStore(b.Queries, b.Keys, b.Values, _rope, _attention, cache, i);
            _device.Attend(b.Queries, _attention, null, cache, i, b.Attended);
            _device.Linear(b.Attended, layer.AttentionOutput);

            _device.NormalizedLinear(b.Hidden, b.Delta, layer.FeedForwardNorm, layer.GateUp);
            _device.GatedLinear(b.Gate, b.Up, Config.Architecture.Activation, layer.Down);
            pending = b.Delta;
        }

        if (batch.LogitRows.Length > 0)
        {
            _device.SelectRows(b.Hidden, b.LastHidden);
            _device.SelectRows(b.Delta, b.LastDelta);
            _device.NormalizedLinear(b.LastHidden, b.LastDelta, _weights.OutputNorm, _head);
        }

        return b.Logits;
    }

    public void Dispose()
    {
        _buffers.Dispose();
        _weights.Dispose();
    }
}

using Inference.Execution;

namespace Inference.Models;

/// <summary>The activations of a step, allocated once for the largest one.</summary>
internal sealed class DecoderBuffers : IDisposable
{
    private readonly DeviceTensor[] _all;
    private readonly DeviceTensor[] _perToken;

    public DecoderBuffers(Device device, DecoderConfig config, int vocabularySize, int maxRows, int maxLogitRows)
    {
        int queryWidth = config.Heads * config.HeadSize;
        int keyWidth = config.KvHeads * config.HeadSize;
        Hidden = device.Allocate(maxRows, config.Width);
        Delta = device.Allocate(maxRows, config.Width);
        Queries = device.Allocate(maxRows, queryWidth);
        Keys = device.Allocate(maxRows, keyWidth);
        Values = device.Allocate(maxRows, keyWidth);
        Attended = device.Allocate(maxRows, queryWidth);
        Gate = device.Allocate(maxRows, config.FeedForwardWidth);
        Up = device.Allocate(maxRows, config.FeedForwardWidth);
        _perToken = [Hidden, Delta, Queries, Keys, Values, Attended, Gate, Up];

        LastHidden = device.Allocate(maxLogitRows, config.Width);
        LastDelta = device.Allocate(maxLogitRows, config.Width);
        Logits = device.Allocate(maxLogitRows, vocabularySize);
        _all = [.. _perToken, LastHidden, LastDelta, Logits];
    }

    public DeviceTensor Hidden { get; }

    public DeviceTensor Delta { get; }

    public DeviceTensor Queries { get; }

    public DeviceTensor Keys { get; }

    public DeviceTensor Values { get; }

    public DeviceTensor Attended { get; }

    public DeviceTensor Gate { get; }

    public DeviceTensor Up { get; }

    /// <summary>The stream of the rows whose logits are wanted.</summary>
    public DeviceTensor LastHidden { get; }

    /// <summary>What the last layer adds to <see cref="LastHidden"/>.</summary>
    public DeviceTensor LastDelta { get; }

    public DeviceTensor Logits { get; }

    /// <summary>Sets the rows in use to those of a step.</summary>
    public void Resize(StepBatch batch)
    {
        foreach (DeviceTensor tensor in _perToken)
            tensor.Rows = batch.RowCount;
        LastHidden.Rows = LastDelta.Rows = Logits.Rows = batch.LogitRows.Length;
    }

    public void Dispose()
    {
        foreach (DeviceTensor tensor in _all)
            tensor.Dispose();
    }
}

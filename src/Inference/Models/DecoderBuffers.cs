using Inference.Execution;

namespace Inference.Models;

/// <summary>The activations of a step, allocated once for the largest one.</summary>
internal sealed class DecoderBuffers : IDisposable
{
    private readonly DeviceTensor[] _all;
    private readonly List<DeviceTensor> _perToken;

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
        _perToken = [Hidden, Delta, Queries, Keys, Values, Attended];
        if (Enumerable.Range(0, config.Layers).Any(layer => !config.HasExperts(layer)))
        {
            Gate = Add(config.FeedForwardWidth);
            Up = config.Architecture.IsGated ? Add(config.FeedForwardWidth) : null;
        }

        if (config.Experts > 0)
        {
            Normal = Add(config.Width);
            Scores = Add(config.Experts);
        }

        if (config.Architecture.IsParallel)
            Beside = Add(config.Width);

        LastHidden = device.Allocate(maxLogitRows, config.Width);
        LastDelta = device.Allocate(maxLogitRows, config.Width);
        Logits = device.Allocate(maxLogitRows, vocabularySize);
        _all = [.. _perToken, LastHidden, LastDelta, Logits];

        DeviceTensor Add(int columns)
        {
            DeviceTensor tensor = device.Allocate(maxRows, columns);
            _perToken.Add(tensor);
            return tensor;
        }
    }

    /// <summary>Bytes that the activations of the largest step take.</summary>
    public static long BytesOf(DecoderConfig config, int vocabularySize, int maxRows, int maxLogitRows)
    {
        long perToken = (3L * config.Width) + (2L * config.Heads * config.HeadSize) + (2L * config.KvHeads * config.HeadSize) + (2L * config.FeedForwardWidth) + config.Width + config.Experts;
        return sizeof(float) * ((perToken * maxRows) + (((2L * config.Width) + vocabularySize) * maxLogitRows));
    }

    public DeviceTensor Hidden { get; }

    public DeviceTensor Delta { get; }

    public DeviceTensor Queries { get; }

    public DeviceTensor Keys { get; }

    public DeviceTensor Values { get; }

    public DeviceTensor Attended { get; }

    /// <summary>What the activation is applied to; null where all layers have experts.</summary>
    public DeviceTensor? Gate { get; }

    /// <summary>What the activation multiplies; null where nothing.</summary>
    public DeviceTensor? Up { get; }

    /// <summary>What experts read; null without experts.</summary>
    public DeviceTensor? Normal { get; }

    /// <summary>The experts' scores; null without experts.</summary>
    public DeviceTensor? Scores { get; }

    /// <summary>What the feed-forward layers beside attention add to the stream; null where they come after it.</summary>
    public DeviceTensor? Beside { get; }

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

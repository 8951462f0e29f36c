using Inference.Execution;

namespace Inference.Models;

/// <summary>The residual stream of some rows of a step, and what a layer computes of them behind attention.</summary>
internal sealed class StreamBuffers : IDisposable
{
    private readonly List<DeviceTensor> _all = [];

    /// <summary>Allocates them.</summary>
    /// <param name="device">Where.</param>
    /// <param name="config">The model.</param>
    /// <param name="maxRows">The most rows.</param>
    public StreamBuffers(Device device, DecoderConfig config, int maxRows)
    {
        Hidden = Add(config.Width);
        Delta = Add(config.Width);
        Attended = Add(config.Heads * config.HeadSize);
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

        DeviceTensor Add(int columns)
        {
            DeviceTensor tensor = device.Allocate(maxRows, columns);
            _all.Add(tensor);
            return tensor;
        }
    }

    /// <summary>The most floats that a row takes.</summary>
    public static long FloatsOf(DecoderConfig config) =>
        (4L * config.Width) + ((long)config.Heads * config.HeadSize) + (2L * config.FeedForwardWidth) + config.Experts;

    /// <summary>The residual stream.</summary>
    public DeviceTensor Hidden { get; }

    /// <summary>What a part of a layer adds to the stream.</summary>
    public DeviceTensor Delta { get; }

    /// <summary>What attention gives, before its output layer.</summary>
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

    /// <summary>Sets the rows in use.</summary>
    public void Resize(int rows)
    {
        foreach (DeviceTensor tensor in _all)
            tensor.Rows = rows;
    }

    public void Dispose()
    {
        foreach (DeviceTensor tensor in _all)
            tensor.Dispose();
    }
}

using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>All weights of a decoder on a device.</summary>
internal sealed class DecoderWeights : IDisposable
{
    private readonly List<DeviceWeight> _all = [];

    private DecoderWeights()
    {
    }

    public DeviceWeight Embedding { get; private set; } = null!;

    /// <summary>A vector for each position, or null.</summary>
    public DeviceWeight? Positions { get; private set; }

    public Norm OutputNorm { get; private set; } = null!;

    public DeviceWeight Head { get; private set; } = null!;

    public DecoderLayer[] Layers { get; private set; } = [];

    /// <summary>Takes every tensor the architecture has a place for, and uploads it.</summary>
    /// <param name="tensors">The file's tensors.</param>
    /// <param name="config">The dimensions they must have.</param>
    /// <param name="device">Where they go.</param>
    /// <param name="buffers">Where the linear layers' results go.</param>
    /// <param name="loaded">Told the bytes of each tensor once it is uploaded, but for those that the device puts off.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    public static DecoderWeights Upload(TensorSet tensors, DecoderConfig config, Device device, DecoderBuffers buffers, Action<long> loaded, CancellationToken cancellation)
    {
        var weights = new DecoderWeights();
        try
        {
            weights.Fill(new WeightUploader(tensors, device, weights._all, loaded, cancellation), config, buffers);
            tensors.ThrowIfUnused();
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (DeviceWeight weight in _all)
            weight.Dispose();
    }

    private void Fill(WeightUploader upload, DecoderConfig config, DecoderBuffers buffers)
    {
        (Embedding, Head) = upload.Head(buffers.Logits.Columns, config.Width);
        if (config.Architecture.LearnsPositions)
            Positions = upload.Table(TensorNames.Positions, config.ContextLength, config.Width);
        if (config.Rope.Scaling == RopeScalingKind.LongRope)
            upload.SkipRopeDivisors();
        OutputNorm = upload.Norm(TensorNames.OutputNorm, config.Width, config)!;
        var layers = new LayerUploader(upload, config, buffers);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(layers.Upload)];
    }
}

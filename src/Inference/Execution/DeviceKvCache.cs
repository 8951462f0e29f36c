namespace Inference.Execution;

/// <summary>The paged keys and values of all layers in a device's memory.</summary>
/// <remarks>Which block belongs to which sequence is the host's business; a step brings its block tables along.</remarks>
public abstract class DeviceKvCache : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="shape">The dimensions.</param>
    protected DeviceKvCache(KvCacheShape shape) => Shape = shape;

    /// <summary>The dimensions.</summary>
    public KvCacheShape Shape { get; }

    /// <summary>Names how a block's bytes are ordered and computed: caches of one name and shape can take over each other's blocks, bit for bit.</summary>
    /// <remarks>At most 16 ASCII characters. Saved conversations carry it, so it changes when the order of bytes does, or the arithmetic behind keys and values.</remarks>
    public abstract string BlockFormat { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the device memory.</summary>
    /// <param name="disposing">Whether this is called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}

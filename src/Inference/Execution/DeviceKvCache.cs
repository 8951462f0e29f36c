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

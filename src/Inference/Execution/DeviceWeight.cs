namespace Inference.Execution;

/// <summary>A weight in a device's own memory and layout. What it computes never changes once it is uploaded.</summary>
public abstract class DeviceWeight : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="rows">Output features, table rows, or 1 for a vector.</param>
    /// <param name="columns">Input features, or the length of a vector.</param>
    protected DeviceWeight(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Output features, table rows, or 1 for a vector.</summary>
    public int Rows { get; }

    /// <summary>Input features, or the length of a vector.</summary>
    public int Columns { get; }

    /// <summary>Bytes of device memory held, the mapped file not counted.</summary>
    public abstract long ByteLength { get; }

    /// <summary>Stored bytes that the device has put off bringing into its layout; see <see cref="Device.CompleteUploads"/>.</summary>
    public virtual long PendingBytes => 0;

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

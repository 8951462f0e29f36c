namespace Inference.Execution;

/// <summary>Activations in a device's memory: 32-bit floats [<see cref="Rows"/>, <see cref="Columns"/>], row-major.</summary>
/// <remarks>The capacity is fixed at allocation; the number of rows in use follows the step.</remarks>
public abstract class DeviceTensor : IDisposable
{
    private int _rows;

    /// <summary>Creates the handle.</summary>
    /// <param name="capacity">The most rows it can hold.</param>
    /// <param name="columns">Elements a row.</param>
    protected DeviceTensor(int capacity, int columns)
    {
        Capacity = capacity;
        Columns = columns;
    }

    /// <summary>The most rows it can hold.</summary>
    public int Capacity { get; }

    /// <summary>Elements a row.</summary>
    public int Columns { get; }

    /// <summary>Rows in use, 0 to <see cref="Capacity"/>. Operations work on these rows alone.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set beyond the capacity.</exception>
    public int Rows
    {
        get => _rows;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Capacity);
            _rows = value;
        }
    }

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

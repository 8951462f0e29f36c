namespace Inference;

/// <summary>A device has not enough memory left.</summary>
public sealed class DeviceMemoryException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="purpose">What the memory was for, in words.</param>
    /// <param name="requestedBytes">How much was asked for.</param>
    /// <param name="freeBytes">How much nobody has; null where the device does not tell.</param>
    /// <param name="totalBytes">How much it has in all.</param>
    /// <param name="innerException">What the driver said.</param>
    public DeviceMemoryException(string device, string purpose, long requestedBytes, long? freeBytes, long totalBytes, Exception? innerException = null)
        : base($"{device} has no {Describe(requestedBytes)} for {purpose}: {(freeBytes is { } free ? $"{Describe(free)} of " : "")}{Describe(totalBytes)}{(freeBytes is null ? " in all" : " are free")}.", innerException)
    {
        Device = device;
        Purpose = purpose;
        RequestedBytes = requestedBytes;
        FreeBytes = freeBytes;
        TotalBytes = totalBytes;
    }

    /// <summary>The device's name.</summary>
    public string Device { get; }

    /// <summary>What the memory was for, in words.</summary>
    public string Purpose { get; }

    /// <summary>How much was asked for.</summary>
    public long RequestedBytes { get; }

    /// <summary>How much nobody had; null where the device does not tell.</summary>
    public long? FreeBytes { get; }

    /// <summary>How much the device has in all.</summary>
    public long TotalBytes { get; }

    private static string Describe(long bytes) => bytes >= 10L << 20 ? $"{bytes >> 20} MiB" : $"{bytes} bytes";
}

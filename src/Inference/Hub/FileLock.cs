namespace Inference.Hub;

/// <summary>A lock that processes share, held by keeping a file open.</summary>
/// <remarks>
/// On Unix the runtime takes it with <c>flock</c>, as Python's huggingface_hub does, so that the two exclude each other. It goes with the
/// process that holds it; the file stays.
/// </remarks>
internal sealed class FileLock : IDisposable
{
    // EWOULDBLOCK of Linux and of macOS, and Windows' sharing and lock violations.
    private static readonly int[] _taken = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Waits until nobody else holds the lock.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static async Task<FileLock> AcquireAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException failure) when (_taken.Contains(failure.HResult))
            {
                await Task.Delay(_pause, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _file.Dispose();
}

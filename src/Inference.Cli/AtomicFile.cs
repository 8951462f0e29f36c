namespace Inference.Cli;

/// <summary>A file that appears whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the target and renames at the end; a failure or interruption leaves what was there before. A device is written to as it is.</summary>
    /// <param name="path">The target; replaced if it exists, and if it is a link, then where it leads.</param>
    /// <param name="write">Receives the path to write to.</param>
    public static async Task WriteAsync(string path, Func<string, Task> write)
    {
        CheckFolder(path);
        if (IsDevice(path))
        {
            await write(path);
            return;
        }

        string target = RealPath(path);
        string unfinished = $"{target}.{Environment.ProcessId}.part";
        try
        {
            await write(unfinished);
            File.Move(unfinished, target, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Refuses, before any work, a path that cannot become a file.</summary>
    public static void CheckTarget(string path)
    {
        CheckFolder(path);
        // To rename a file onto it would take the device away from everybody.
        if (IsDevice(path))
            throw new UserErrorException($"{path} is a device; a file is needed.");
    }

    /// <summary>As <see cref="CheckTarget"/>, for what may be written to a device as well.</summary>
    public static void CheckFolder(string path)
    {
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
            throw new UserErrorException($"{path} is a folder.");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
            throw new UserErrorException($"{path}: there is no folder {Path.GetDirectoryName(target)}.");
    }

    /// <summary>The path with all links followed, of the file as well as of its folders.</summary>
    public static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        FileSystemInfo entry = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
        string real = entry.Exists ? entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full : full;
        return Path.GetDirectoryName(real) is { } folder ? Path.Combine(RealPath(folder), Path.GetFileName(real)) : real;
    }

    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return IsUnderDevices(full) || IsUnderDevices(RealPath(full));

        static bool IsUnderDevices(string name) => OperatingSystem.IsWindows()
            ? name.StartsWith(@"\\.\", StringComparison.Ordinal)
            : (name.StartsWith("/dev/", StringComparison.Ordinal) && !name.StartsWith("/dev/shm/", StringComparison.Ordinal)) || name.StartsWith("/proc/", StringComparison.Ordinal);
    }
}

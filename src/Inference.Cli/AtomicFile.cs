namespace Inference.Cli;

/// <summary>A file that appears whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the target and renames at the end; a failure or interruption leaves what was there before.</summary>
    /// <param name="path">The target; replaced if it exists.</param>
    /// <param name="write">Receives the path to write to.</param>
    public static async Task WriteAsync(string path, Func<string, Task> write)
    {
        CheckTarget(path);
        string target = Path.GetFullPath(path);
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
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
            throw new UserErrorException($"{path} is a folder.");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
            throw new UserErrorException($"{path}: there is no folder {Path.GetDirectoryName(target)}.");
    }
}

namespace Inference.Hub;

/// <summary>What the cache asks of a file system and not every one gives.</summary>
internal class CacheStorage
{
    /// <summary>Bytes that may still be written below a folder that exists, or null where the system does not tell.</summary>
    public virtual long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Makes a symbolic link, where the system and the user's rights allow one.</summary>
    public virtual bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}

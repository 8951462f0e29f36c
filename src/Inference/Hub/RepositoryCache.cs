namespace Inference.Hub;

/// <summary>One repository's folder in the cache, laid out as Python's huggingface_hub does.</summary>
/// <remarks>
/// <c>models--owner--name/blobs/HASH</c> holds contents, <c>snapshots/COMMIT/NAME</c> links to them, <c>refs/REVISION</c> names the commit
/// that a branch or tag was at last. <c>HASH.incomplete</c> is a download that is not over.
/// Layout: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
/// </remarks>
internal sealed class RepositoryCache(string cache, string repository, CacheStorage storage)
{
    private const int CommitDigits = 40;
    private const int LongestRef = 256;
    private const int DeepestFolder = 16;

    private readonly string _name = $"models--{repository.Replace("/", "--", StringComparison.Ordinal)}";

    public string Folder => Path.Combine(cache, _name);

    /// <summary>Whether a revision is a commit, which no later one can change.</summary>
    public static bool IsCommit(string revision) => revision.Length == CommitDigits && revision.All(char.IsAsciiHexDigitLower);

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string PathOf(string commit, string file) => HubPath.Below(Snapshot(commit), file);

    public string Blob(string hash) => Path.Combine(Folder, "blobs", hash);

    public string Incomplete(string hash) => Blob(hash) + ".incomplete";

    public string Lock(string hash) => Path.Combine(cache, ".locks", _name, hash + ".lock");

    /// <summary>The commit that a revision was at when the hub was last asked, or null.</summary>
    public string? FindCommit(string revision)
    {
        if (IsCommit(revision))
            return Directory.Exists(Snapshot(revision)) ? revision : null;
        FileInfo file = new(HubPath.Below(Path.Combine(Folder, "refs"), revision));
        string commit = file.Exists && file.Length <= LongestRef ? File.ReadAllText(file.FullName).Trim() : "";
        return IsCommit(commit) && Directory.Exists(Snapshot(commit)) ? commit : null;
    }

    public void SetCommit(string revision, string commit)
    {
        string path = HubPath.Below(Path.Combine(Folder, "refs"), revision);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string unfinished = Unfinished(path);
        File.WriteAllText(unfinished, commit);
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>The files of a commit that are here.</summary>
    public IReadOnlyList<HubEntry> List(string commit)
    {
        string folder = Snapshot(commit);
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = DeepestFolder };
        return [.. Directory.EnumerateFiles(folder, "*", all)
            .Select(path => new HubEntry(Path.GetRelativePath(folder, path).Replace('\\', '/'), LengthOf(path) ?? -1, null))
            .Where(entry => entry.ByteLength >= 0 && !entry.Path.EndsWith(".tmp", StringComparison.Ordinal))
            .OrderBy(entry => entry.Path, StringComparer.Ordinal)];
    }

    /// <summary>Whether a file is here, whole.</summary>
    public bool Holds(string commit, HubEntry entry) => LengthOf(PathOf(commit, entry.Path)) == entry.ByteLength;

    public bool HoldsBlob(HubEntry entry) => LengthOf(Blob(entry.Hash!)) == entry.ByteLength;

    /// <summary>Gives a blob that is here its name in a commit.</summary>
    public void Name(string commit, HubEntry entry)
    {
        string path = PathOf(commit, entry.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string up = string.Concat(Enumerable.Repeat("../", 2 + entry.Path.Count(c => c == '/')));
        string unfinished = Unfinished(path);
        // Where there are no links, a second copy of a model is worse than a blob less: the name takes the blob's place.
        if (storage.TryLink(unfinished, $"{up}blobs/{entry.Hash}".Replace('/', Path.DirectorySeparatorChar)))
            File.Move(unfinished, path, overwrite: true);
        else
            File.Move(Blob(entry.Hash!), path, overwrite: true);
    }

    /// <summary>Fails where the disk has less room than is needed.</summary>
    public void RequireSpace(long bytes, string? file)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "blobs"));
        if (storage.FreeBytes(Folder) is { } free && free < bytes)
            throw new HubStorageException(repository, file, null, $"{repository}: {bytes} bytes are to be fetched, and {Folder} has room for {free}.");
    }

    /// <summary>The size of a file, behind links; null where there is none.</summary>
    private static long? LengthOf(string path)
    {
        FileInfo file = new(path);
        try
        {
            FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return target is FileInfo { Exists: true } found ? found.Length : null;
        }
        // Nothing there, or links in a circle.
        catch (IOException)
        {
            return null;
        }
    }

    private static string Unfinished(string path) => $"{path}.{Path.GetRandomFileName()}.tmp";
}

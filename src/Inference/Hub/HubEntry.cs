namespace Inference.Hub;

/// <summary>A file as a repository lists it.</summary>
/// <param name="Path">With folders, separated by slashes.</param>
/// <param name="ByteLength">Size of the content.</param>
/// <param name="Hash">
/// Of the content, in hexadecimal: SHA-256 (64 digits) for a large file, Git's SHA-1 of a blob (40 digits) for another. Null where the
/// file is known from the cache alone.
/// </param>
internal sealed record HubEntry(string Path, long ByteLength, string? Hash);

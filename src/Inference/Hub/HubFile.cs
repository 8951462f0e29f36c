namespace Inference.Hub;

/// <summary>A file of a downloaded model.</summary>
/// <param name="Name">As the repository names it, with folders, separated by slashes.</param>
/// <param name="Path">Where it lies in the cache.</param>
/// <param name="ByteLength">Its size in bytes.</param>
public sealed record HubFile(string Name, string Path, long ByteLength);

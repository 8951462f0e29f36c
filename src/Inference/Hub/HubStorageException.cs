using System.Net;

namespace Inference.Hub;

/// <summary>The cache has no room for the download, or cannot be written.</summary>
public sealed class HubStorageException : HubException
{
    internal HubStorageException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException = null)
        : base(repository, file, status, message, innerException)
    {
    }
}

using System.Net;

namespace Inference.Hub;

/// <summary>The hub, or with no network the cache, has no such repository, revision or file.</summary>
public sealed class HubNotFoundException : HubException
{
    internal HubNotFoundException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException = null)
        : base(repository, file, status, message, innerException)
    {
    }
}

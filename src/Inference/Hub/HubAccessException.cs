using System.Net;

namespace Inference.Hub;

/// <summary>The hub refuses access: the repository is private or gated, or the token is missing, wrong or not allowed to read it.</summary>
public sealed class HubAccessException : HubException
{
    internal HubAccessException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException = null)
        : base(repository, file, status, message, innerException)
    {
    }
}

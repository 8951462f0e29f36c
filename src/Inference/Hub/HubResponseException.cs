using System.Net;

namespace Inference.Hub;

/// <summary>The hub answered something that is malformed, unsafe or of an unexpected status.</summary>
public sealed class HubResponseException : HubException
{
    internal HubResponseException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException = null)
        : base(repository, file, status, message, innerException)
    {
    }
}

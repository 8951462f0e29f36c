using System.Net;

namespace Inference.Hub;

/// <summary>The hub could not be reached, or the connection kept breaking, after all attempts. What had arrived is kept and the next call goes on from there.</summary>
public sealed class HubConnectionException : HubException
{
    internal HubConnectionException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException = null)
        : base(repository, file, status, message, innerException)
    {
    }
}

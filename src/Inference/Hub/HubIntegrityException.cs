using System.Net;

namespace Inference.Hub;

/// <summary>What arrived is not what the hub announced: another size, another checksum, or another file than the commit holds. Nothing of it is kept.</summary>
public sealed class HubIntegrityException : HubException
{
    internal HubIntegrityException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException = null)
        : base(repository, file, status, message, innerException)
    {
    }
}

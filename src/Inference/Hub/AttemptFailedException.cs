using System.Net;

namespace Inference.Hub;

/// <summary>One attempt failed in a way that another may not; never leaves the hub's client.</summary>
internal sealed class AttemptFailedException(string message, HttpStatusCode? status = null, TimeSpan? wait = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    public HttpStatusCode? Status { get; } = status;

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? Wait { get; } = wait;
}

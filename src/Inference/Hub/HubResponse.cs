using System.Net;

namespace Inference.Hub;

/// <summary>An answer, with what the hub said of the file before it sent us elsewhere for the bytes.</summary>
/// <param name="Message">The last answer in a row of redirects; its content is not read yet.</param>
/// <param name="Guard">Watches over reading it.</param>
/// <param name="IsFromHub">Whether it comes from the hub itself.</param>
/// <param name="Commit">What the hub says the commit is, or null.</param>
/// <param name="Hash">What the hub says the content's checksum is, or null.</param>
/// <param name="ByteLength">What the hub says the content's size is, or null.</param>
internal sealed record HubResponse(HttpResponseMessage Message, StallGuard Guard, bool IsFromHub, string? Commit, string? Hash, long? ByteLength) : IDisposable
{
    public HttpStatusCode Status => Message.StatusCode;

    public void Dispose()
    {
        Message.Dispose();
        Guard.Dispose();
    }
}

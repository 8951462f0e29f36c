using System.Net;

namespace Inference.Hub;

/// <summary>A model could not be had from the hub. Derived types say why.</summary>
public abstract class HubException : InferenceException
{
    private protected HubException(string repository, string? file, HttpStatusCode? status, string message, Exception? innerException)
        : base(message, innerException)
    {
        Repository = repository;
        File = file;
        Status = status;
    }

    /// <summary>The repository, <c>owner/name</c>.</summary>
    public string Repository { get; }

    /// <summary>The file in the repository, or null where the error is not about one.</summary>
    public string? File { get; }

    /// <summary>What the hub answered, or null where it is not the answer's status that was wrong.</summary>
    public HttpStatusCode? Status { get; }
}

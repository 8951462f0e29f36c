using System.Globalization;
using System.Net;

namespace Inference.Hub;

/// <summary>What the status of an answer means.</summary>
internal static class HubStatus
{
    /// <summary>The error that an unsuccessful answer stands for.</summary>
    public static Exception Error(HubResponse response, string repository, string? file, bool withToken, TimeProvider time)
    {
        HttpStatusCode status = response.Status;
        string place = file is null ? repository : $"{repository}: {HubText.Plain(file)}";
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 || (int)status >= 500)
            return new AttemptFailedException($"the server answered {Describe(status)}", status, RetryAfter(response.Message, time));
        // Addresses that the hub redirects to are signed for a while: asking the hub again gives a new one.
        if (!response.IsFromHub)
            return new AttemptFailedException($"the server that the hub redirects to answered {Describe(status)}", status);

        string code = Header(response.Message, "X-Error-Code") ?? "";
        string said = Header(response.Message, "X-Error-Message") is { Length: > 0 } text ? $" ({HubText.Plain(text)})" : "";
        string token = withToken ? "the token does not allow it" : "no token was given";
        if (code == "GatedRepo")
            return new HubAccessException(repository, file, status, $"{place}: the repository is gated, and {token}: ask for access on its page, and set HF_TOKEN ({Describe(status)}){said}.");
        // The hub does not tell strangers which private repositories there are.
        if (code == "RepoNotFound" || (code.Length == 0 && file is null && status == HttpStatusCode.NotFound))
            return new HubNotFoundException(repository, file, status, $"{place}: there is no such repository or revision, or it is private and {token} ({Describe(status)}){said}.");
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            return new HubAccessException(repository, file, status, $"{place}: access is refused, and {token} ({Describe(status)}){said}.");
        if (status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return new HubNotFoundException(repository, file, status, $"{place}: there is no such {(code == "RevisionNotFound" ? "revision" : "file or revision")} ({Describe(status)}){said}.");
        return new HubResponseException(repository, file, status, $"{place}: the hub answered {Describe(status)}{said}.");
    }

    public static string? Header(HttpResponseMessage message, string name) =>
        message.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private static string Describe(HttpStatusCode status) => ((int)status).ToString(CultureInfo.InvariantCulture);

    private static TimeSpan? RetryAfter(HttpResponseMessage message, TimeProvider time) => message.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };
}

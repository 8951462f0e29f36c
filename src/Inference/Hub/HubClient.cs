using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Inference.Hub;

/// <summary>Asks the hub, one request at a time, and follows where it redirects.</summary>
/// <remarks>Redirects are followed here rather than by the handler: the token goes to the hub alone, and what the hub says of a file is in the first answer.</remarks>
internal sealed class HubClient(HubSettings settings, string repository, ModelHubOptions options)
{
    private const int MostRedirects = 10;

    private static readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(20),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>An address of the hub.</summary>
    /// <param name="path">With a slash in front; escaped.</param>
    public Uri Address(string path) => new(settings.Endpoint.AbsoluteUri.TrimEnd('/') + path);

    /// <summary>Sends a request and waits for the head of a successful answer.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="file">The file that it is about, for errors.</param>
    /// <param name="range">Sets what the request asks for beyond the address.</param>
    /// <param name="cancellation">The caller's.</param>
    /// <exception cref="AttemptFailedException">The connection broke, or the server is busy.</exception>
    /// <exception cref="HubException">The hub refuses.</exception>
    public async Task<HubResponse> GetAsync(Uri address, string? file, Action<HttpRequestHeaders>? range, CancellationToken cancellation)
    {
        StallGuard guard = new(options.StallTimeout, options.TimeProvider, cancellation);
        HttpResponseMessage? message = null;
        try
        {
            string? commit = null, hash = null;
            long? length = null;
            for (int hop = 0; hop <= MostRedirects; hop++)
            {
                bool isHub = IsHub(address);
                message = await SendAsync(address, isHub, range, guard, cancellation).ConfigureAwait(false);
                guard.Reset();
                if (isHub)
                {
                    commit ??= HubStatus.Header(message, "X-Repo-Commit");
                    hash ??= HubStatus.Header(message, "X-Linked-Etag");
                    length ??= long.TryParse(HubStatus.Header(message, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : null;
                }

                if ((int)message.StatusCode is not (301 or 302 or 303 or 307 or 308))
                {
                    HubResponse response = new(message, guard, isHub, commit, Unquote(hash), length);
                    return message.IsSuccessStatusCode || message.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
                        ? response
                        : throw HubStatus.Error(response, repository, file, settings.Token is not null, options.TimeProvider);
                }

                address = Follow(message, address, file);
                message.Dispose();
            }

            throw new HubResponseException(repository, file, null, $"{repository}: more than {MostRedirects} redirects in a row.");
        }
        catch
        {
            message?.Dispose();
            guard.Dispose();
            throw;
        }
    }

    /// <summary>Turns what a broken connection throws into what is tried again; the caller's own cancellation stays what it is.</summary>
    public static Exception Classify(Exception failure, CancellationToken cancellation) => failure switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested => new OperationCanceledException(cancellation),
        OperationCanceledException => new AttemptFailedException("the server fell silent", innerException: failure),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => new AttemptFailedException("the server's name cannot be resolved", innerException: failure),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new AttemptFailedException("no secure connection could be made", innerException: failure),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => new AttemptFailedException("the server cannot be reached", innerException: failure),
        _ => new AttemptFailedException("the connection broke", innerException: failure),
    };

    private async Task<HttpResponseMessage> SendAsync(Uri address, bool isHub, Action<HttpRequestHeaders>? range, StallGuard guard, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        request.Headers.UserAgent.ParseAdd("inference-dotnet");
        // A checksum is one of the file's bytes, and a range counts them: none may be compressed on the way.
        request.Headers.AcceptEncoding.ParseAdd("identity");
        if (isHub && settings.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        range?.Invoke(request.Headers);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, guard.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            throw Classify(failure, cancellation);
        }
    }

    private bool IsHub(Uri address) =>
        Uri.Compare(address, settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private Uri Follow(HttpResponseMessage message, Uri from, string? file)
    {
        HubResponseException Refused(string why) =>
            new(repository, file, message.StatusCode, $"{repository}: the server redirects {why}.");

        if (message.Headers.Location is not { } location || !Uri.TryCreate(from, location, out Uri? to))
            throw Refused("to nowhere");
        if (to.Scheme is not ("https" or "http"))
            throw Refused("to an address that is not one of the web");
        return to.Scheme == "http" && from.Scheme == "https" ? throw Refused("from a secure connection to one that is not") : to;
    }

    private static string? Unquote(string? tag)
    {
        string? strong = tag?.StartsWith("W/", StringComparison.Ordinal) == true ? tag[2..] : tag;
        return strong?.Trim('"');
    }
}

namespace Inference.Hub;

/// <summary>Where the hub and the cache are: what the caller says, else what the environment says, else the usual.</summary>
internal sealed class HubSettings
{
    private const int LongestTokenFile = 4096;

    /// <param name="options">What the caller says.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="ArgumentException">An address, the revision or the token is malformed.</exception>
    public HubSettings(ModelHubOptions options, Func<string, string?> environment)
    {
        string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;

        string home = Expand(Variable("HF_HOME"), environment)
            ?? Path.Combine(Expand(Variable("XDG_CACHE_HOME"), environment) ?? Path.Combine(UserFolder(environment), ".cache"), "huggingface");
        Cache = Path.GetFullPath(options.CacheFolder
            ?? Expand(Variable("HF_HUB_CACHE") ?? Variable("HUGGINGFACE_HUB_CACHE"), environment)
            ?? Path.Combine(home, "hub"));
        Endpoint = ParseEndpoint(options.Endpoint?.OriginalString ?? Variable("HF_ENDPOINT") ?? "https://huggingface.co");
        IsOffline = options.Offline ?? (IsTrue(Variable("HF_HUB_OFFLINE")) || IsTrue(Variable("TRANSFORMERS_OFFLINE")));
        Revision = CheckRevision(options.Revision);
        Token = CheckToken(options.Token ?? (IsTrue(Variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? null
            : Variable("HF_TOKEN") ?? Variable("HUGGING_FACE_HUB_TOKEN") ?? ReadToken(Expand(Variable("HF_TOKEN_PATH"), environment) ?? Path.Combine(home, "token"))));
    }

    /// <summary>The folder with one folder a repository.</summary>
    public string Cache { get; }

    /// <summary>The hub's address, without a slash at its end.</summary>
    public Uri Endpoint { get; }

    public bool IsOffline { get; }

    public string Revision { get; }

    public string? Token { get; }

    private static Uri ParseEndpoint(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http" && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : throw new ArgumentException($"The hub's address '{HubText.Plain(text)}' is not an http or https address.");

    // Becomes a file's name in the cache and a part of an address.
    private static string CheckRevision(string revision)
    {
        ArgumentException.ThrowIfNullOrEmpty(revision);
        return HubPath.Refusal(revision) is { } why
            ? throw new ArgumentException($"'{HubText.Plain(revision)}' is not the name of a revision: {why}.")
            : revision;
    }

    // The token itself is never put into a message.
    private static string? CheckToken(string? token)
    {
        string trimmed = token?.Trim() ?? "";
        if (trimmed.Any(c => c is <= ' ' or > '~'))
            throw new ArgumentException("The hub's token holds characters that no token has.");
        return trimmed.Length == 0 ? null : trimmed;
    }

    private static string? ReadToken(string path)
    {
        FileInfo file = new(path);
        return file.Exists && file.Length <= LongestTokenFile ? File.ReadAllText(path) : null;
    }

    private static string? Expand(string? path, Func<string, string?> environment) =>
        path is "~" || path?.StartsWith("~/", StringComparison.Ordinal) == true ? UserFolder(environment) + path[1..] : path;

    private static string UserFolder(Func<string, string?> environment) =>
        (OperatingSystem.IsWindows() ? null : environment("HOME")) is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}

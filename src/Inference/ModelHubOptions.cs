using Inference.Hub;

namespace Inference;

/// <summary>Where <see cref="ModelHub"/> fetches from and where it keeps what it fetched. What is null is taken from the environment.</summary>
/// <remarks>The environment variables are those of Python's huggingface_hub, and so is the cache: what one has fetched, the other finds.</remarks>
public sealed record ModelHubOptions
{
    /// <summary>A branch, a tag, or a commit of 40 hexadecimal digits.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>The hub's address. Null: <c>HF_ENDPOINT</c>, else https://huggingface.co.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The folder of the cache. Null: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else in ~/.cache/huggingface.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// The access token; it is sent to the endpoint alone, never to where that redirects. Empty: none. Null: <c>HF_TOKEN</c>, else the file
    /// at <c>HF_TOKEN_PATH</c>, else <c>token</c> in <c>HF_HOME</c>, as <c>hf auth login</c> leaves it.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether to use the cache alone. Null: <c>HF_HUB_OFFLINE</c>.</summary>
    public bool? Offline { get; init; }

    /// <summary>How often in a row a request may fail, by a broken connection or a server that is busy, before the download does: 1 to 100.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>Told of each attempt that failed before it is made again, on whatever thread that is; must not throw. Null: nobody.</summary>
    public Action<HubRetryNotice>? Retrying { get; init; }

    /// <summary>For how long a connection may deliver nothing before it counts as broken: positive, at most a day.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock that waits between attempts, and measures stalls.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable.</summary>
    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>What the cache asks of the file system.</summary>
    internal CacheStorage Storage { get; init; } = new();
}

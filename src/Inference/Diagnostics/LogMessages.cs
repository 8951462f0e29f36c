using Microsoft.Extensions.Logging;

namespace Inference.Diagnostics;

/// <summary>Everything the library writes to a log, in one place.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "Loaded {Model} ({Architecture}, {Layers} layers, vocabulary {Vocabulary}) on {Device} in {Milliseconds:F0} ms")]
    public static partial void Loaded(ILogger logger, string model, string architecture, int layers, int vocabulary, string device, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "Key-value cache: {Blocks} blocks of {BlockSize} tokens in {Type}, up to {Bytes} bytes")]
    public static partial void CacheAllocated(ILogger logger, int blocks, int blockSize, string type, long bytes);

    [LoggerMessage(3, LogLevel.Warning, "The cache holds {CacheTokens} tokens, fewer than the context of {ContextLength}: requests are limited to what it holds")]
    public static partial void ContextLimitedByCache(ILogger logger, int cacheTokens, int contextLength);

    [LoggerMessage(4, LogLevel.Debug, "Request {Id} ended ({Reason}): {InputTokens} tokens in, {CachedTokens} of them cached, {OutputTokens} out, {Milliseconds:F1} ms")]
    public static partial void RequestEnded(ILogger logger, long id, string reason, int inputTokens, int cachedTokens, int outputTokens, double milliseconds);

    [LoggerMessage(5, LogLevel.Warning, "Request {Id} failed")]
    public static partial void RequestFailed(ILogger logger, Exception error, long id);

    [LoggerMessage(6, LogLevel.Error, "A step with {Requests} requests failed on the device; they end, the engine goes on")]
    public static partial void StepFailed(ILogger logger, Exception error, int requests);

    [LoggerMessage(8, LogLevel.Warning, "Evicted cache blocks can no longer be kept; prefixes that the cache has lost are computed again")]
    public static partial void SpillFailed(ILogger logger, Exception error);

    [LoggerMessage(7, LogLevel.Critical, "The engine's thread failed; all requests end")]
    public static partial void EngineFailed(ILogger logger, Exception error);
}

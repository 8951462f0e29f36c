namespace Inference.Hub;

/// <summary>An attempt that failed and is made again.</summary>
/// <param name="Repository">owner/name.</param>
/// <param name="File">The file that was being fetched; null for the list of files.</param>
/// <param name="Reason">What broke, in words.</param>
/// <param name="Attempt">How many attempts in a row have failed, from 1.</param>
/// <param name="MaxAttempts">With how many the download fails.</param>
/// <param name="Wait">How long until the next.</param>
public sealed record HubRetryNotice(string Repository, string? File, string Reason, int Attempt, int MaxAttempts, TimeSpan Wait);

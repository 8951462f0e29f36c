namespace Inference.Hub;

/// <summary>Tries again, after a while, what broke.</summary>
/// <remarks>The wait doubles from one second to half a minute; a server's Retry-After is honoured up to five minutes, and more is a failure.</remarks>
internal sealed class HubRetry(string repository, string? file, int attempts, ModelHubOptions options)
{
    /// <summary>Fewer bytes than this between two failures do not count as getting on: a server could keep us for ever with one at a time.</summary>
    private const long LeastProgress = 64 << 10;

    private static readonly TimeSpan _firstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _longestAskedWait = TimeSpan.FromMinutes(5);

    /// <param name="attempt">Throws <see cref="AttemptFailedException"/> where another attempt makes sense.</param>
    /// <param name="progress">Bytes that attempts have brought in all.</param>
    /// <param name="cancellation">Also ends the wait.</param>
    /// <exception cref="HubConnectionException">All attempts in a row failed.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> attempt, Func<long> progress, CancellationToken cancellation)
    {
        int failures = 0;
        long reached = progress();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            AttemptFailedException failure;
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (AttemptFailedException failed)
            {
                failure = failed;
            }

            if (progress() - reached >= LeastProgress)
                failures = 0;
            reached = progress();
            if (++failures >= attempts || failure.Wait > _longestAskedWait)
            {
                string place = file is null ? repository : $"{repository}: {HubText.Plain(file)}";
                throw new HubConnectionException(repository, file, failure.Status, $"{place}: {failure.Message}, after {failures} attempt{(failures == 1 ? "" : "s")}.", failure.InnerException);
            }

            TimeSpan wait = _firstWait * Math.Pow(2, Math.Min(failures - 1, 10));
            wait = wait < _longestWait ? wait : _longestWait;
            wait = failure.Wait > wait ? failure.Wait.Value : wait;
            options.Retrying?.Invoke(new HubRetryNotice(repository, file is null ? null : HubText.Plain(file), failure.Message, failures, attempts, wait));
            await Task.Delay(wait, options.TimeProvider, cancellation).ConfigureAwait(false);
        }
    }
}

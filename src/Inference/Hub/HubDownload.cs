namespace Inference.Hub;

/// <summary>One call's way: which commit, which files, what is missing of them, in which order.</summary>
internal sealed class HubDownload
{
    private readonly HubReference _reference;
    private readonly HubSettings _settings;
    private readonly ModelHubOptions _options;
    private readonly IProgress<HubProgress>? _progress;
    private readonly RepositoryCache _cache;
    private readonly HubClient _client;
    private readonly HubListing _listing;
    private long _done;
    private long _total;

    public HubDownload(HubReference reference, HubSettings settings, ModelHubOptions options, IProgress<HubProgress>? progress)
    {
        _reference = reference;
        _settings = settings;
        _options = options;
        _progress = progress;
        _cache = new RepositoryCache(settings.Cache, reference.Repository, options.Storage);
        _client = new HubClient(settings, reference.Repository, options);
        _listing = new HubListing(_client, reference.Repository, options);
    }

    /// <exception cref="HubException">The model cannot be had.</exception>
    public async Task<HubModel> RunAsync(CancellationToken cancellation)
    {
        try
        {
            return await FindAsync(cancellation).ConfigureAwait(false);
        }
        // What breaks on the network has other names by now.
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HubStorageException(_reference.Repository, null, null, $"{_reference.Repository}: the cache {_cache.Folder} cannot be used: {failure.Message}", failure);
        }
    }

    private async Task<HubModel> FindAsync(CancellationToken cancellation)
    {
        if (_settings.IsOffline)
            return FromCache();

        HubModel? local = TryFromCache();
        // A commit does not change: what is named exactly and is here needs no question.
        if (local is not null && RepositoryCache.IsCommit(_settings.Revision) && local.Files.Any(file => file.Name == _reference.Selection))
            return local;

        string commit;
        IReadOnlyList<HubEntry> entries;
        try
        {
            int attempts = local is null ? _options.MaxAttempts : 1;
            commit = await _listing.ResolveAsync(_settings.Revision, attempts, cancellation).ConfigureAwait(false);
            if (RepositoryCache.IsCommit(_settings.Revision) && commit != _settings.Revision)
                throw new HubIntegrityException(_reference.Repository, null, null, $"{_reference.Repository}: commit {_settings.Revision} is asked for, and the hub answers with {commit}.");
            entries = await _listing.ListAsync(commit, attempts, cancellation).ConfigureAwait(false);
        }
        catch (HubConnectionException) when (local is not null)
        {
            return local;
        }

        return await FetchAsync(commit, entries, cancellation).ConfigureAwait(false);
    }

    private async Task<HubModel> FetchAsync(string commit, IReadOnlyList<HubEntry> entries, CancellationToken cancellation)
    {
        ModelSelection selection = ModelSelection.Choose(_reference, entries);
        await FetchFilesAsync(commit, selection.Files, cancellation).ConfigureAwait(false);
        if (selection.Index is { } index)
        {
            int fetched = selection.Files.Count;
            selection = selection.WithShards(_reference, entries, _cache.PathOf(commit, index.Path));
            await FetchFilesAsync(commit, [.. selection.Files.Skip(fetched)], cancellation).ConfigureAwait(false);
        }

        // Last: until all is there, the cache answers with the commit before.
        if (!RepositoryCache.IsCommit(_settings.Revision))
            _cache.SetCommit(_settings.Revision, commit);
        return Found(commit, selection, isFromCache: false);
    }

    private async Task FetchFilesAsync(string commit, IReadOnlyList<HubEntry> files, CancellationToken cancellation)
    {
        HubEntry[] missing = [.. files.Where(file => !_cache.Holds(commit, file))];
        _total += files.Sum(file => file.ByteLength);
        _done += files.Except(missing).Sum(file => file.ByteLength);
        // Before the first byte, for all of them: hours of a download are lost otherwise.
        _cache.RequireSpace(missing.DistinctBy(file => file.Hash).Where(file => !_cache.HoldsBlob(file)).Sum(Needed), missing.FirstOrDefault()?.Path);
        foreach (HubEntry file in missing)
        {
            using FileLock held = await FileLock.AcquireAsync(_cache.Lock(file.Hash!), _options.TimeProvider, cancellation).ConfigureAwait(false);
            // Another process may have been sooner.
            if (!_cache.Holds(commit, file))
            {
                if (!_cache.HoldsBlob(file))
                    await FetchBlobAsync(commit, file, cancellation).ConfigureAwait(false);
                _cache.Name(commit, file);
            }

            _done += file.ByteLength;
            _progress?.Report(new HubProgress(file.Path, file.ByteLength, file.ByteLength, _done, _total));
        }
    }

    private async Task FetchBlobAsync(string commit, HubEntry file, CancellationToken cancellation)
    {
        void Report(long bytes) => _progress?.Report(new HubProgress(file.Path, bytes, file.ByteLength, _done + bytes, _total));
        HubRetry retry = new(_reference.Repository, file.Path, _options.MaxAttempts, _options);
        using BlobDownload download = new(_client, _cache, _reference.Repository, commit, file, Report);
        await download.RunAsync(retry, cancellation).ConfigureAwait(false);
    }

    private long Needed(HubEntry file)
    {
        FileInfo incomplete = new(_cache.Incomplete(file.Hash!));
        return file.ByteLength - (incomplete.Exists ? Math.Min(incomplete.Length, file.ByteLength) : 0);
    }

    private HubModel? TryFromCache()
    {
        try
        {
            return FromCache();
        }
        catch (InferenceException)
        {
            return null;
        }
    }

    private HubModel FromCache()
    {
        string commit = _cache.FindCommit(_settings.Revision)
            ?? throw new HubNotFoundException(_reference.Repository, null, null, $"{_reference.Repository}: revision {HubText.Plain(_settings.Revision)} is not in the cache {_settings.Cache}, and the hub must not be asked.");
        IReadOnlyList<HubEntry> entries = _cache.List(commit);
        ModelSelection selection = ModelSelection.Choose(_reference, entries);
        if (selection.Index is { } index)
            selection = selection.WithShards(_reference, entries, _cache.PathOf(commit, index.Path));
        return Found(commit, selection, isFromCache: true);
    }

    private HubModel Found(string commit, ModelSelection selection, bool isFromCache) => new(
        selection.Primary is { } primary ? _cache.PathOf(commit, primary.Path) : _cache.Snapshot(commit),
        _reference.Repository,
        commit,
        [.. selection.Files.Select(file => new HubFile(file.Path, _cache.PathOf(commit, file.Path), file.ByteLength))],
        isFromCache);
}

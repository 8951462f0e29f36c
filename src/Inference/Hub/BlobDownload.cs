using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Inference.Hub;

/// <summary>Brings one file's content into the cache: goes on where an earlier attempt ended, and gives it its name only once size and checksum hold.</summary>
internal sealed class BlobDownload : IDisposable
{
    private const int BufferLength = 256 << 10;

    private readonly HubClient _client;
    private readonly RepositoryCache _cache;
    private readonly string _repository;
    private readonly string _commit;
    private readonly HubEntry _entry;
    private readonly Action<long> _report;
    private readonly FileStream _file;
    private ContentHash _hash;
    private EntityTagHeaderValue? _tag;
    // Whether the bytes are of more than one answer, of which one may have been something else.
    private bool _isPatched;
    private bool _wasWrong;
    private long _furthest;

    /// <param name="client">Asks the hub.</param>
    /// <param name="cache">Where the content goes. Its lock for the content is held.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="commit">The commit that the file is of.</param>
    /// <param name="entry">The file.</param>
    /// <param name="report">Told how many bytes of the file are here.</param>
    public BlobDownload(HubClient client, RepositoryCache cache, string repository, string commit, HubEntry entry, Action<long> report)
    {
        _client = client;
        _cache = cache;
        _repository = repository;
        _commit = commit;
        _entry = entry;
        _report = report;
        _hash = new ContentHash(entry.Hash!, entry.ByteLength);
        _file = new FileStream(cache.Incomplete(entry.Hash!), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        _isPatched = _file.Length > 0;
    }

    /// <summary>Fetches what is missing.</summary>
    /// <exception cref="HubException">It cannot be had. What is worth going on from stays.</exception>
    public async Task RunAsync(HubRetry retry, CancellationToken cancellation)
    {
        try
        {
            TakeUpEarlierBytes(cancellation);
            await retry.RunAsync(async () =>
            {
                if (_file.Length < _entry.ByteLength)
                    await FetchAsync(cancellation).ConfigureAwait(false);
                Verify();
                return true;
            }, () => _furthest, cancellation).ConfigureAwait(false);
            _file.Flush(flushToDisk: true);
        }
        catch (HubIntegrityException)
        {
            _file.Dispose();
            File.Delete(_cache.Incomplete(_entry.Hash!));
            throw;
        }

        _file.Dispose();
        File.Move(_cache.Incomplete(_entry.Hash!), _cache.Blob(_entry.Hash!), overwrite: true);
    }

    public void Dispose()
    {
        _hash.Dispose();
        _file.Dispose();
    }

    private void TakeUpEarlierBytes(CancellationToken cancellation)
    {
        if (_file.Length > _entry.ByteLength)
            Restart();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            int read;
            while ((read = _file.Read(buffer)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                _hash.Append(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _furthest = _file.Length;
        _report(_file.Length);
    }

    private async Task FetchAsync(CancellationToken cancellation)
    {
        string path = string.Join('/', _entry.Path.Split('/').Select(Uri.EscapeDataString));
        Uri address = _client.Address($"/{_repository}/resolve/{_commit}/{path}");
        using HubResponse response = await _client.GetAsync(address, _entry.Path, AskForTheRest, cancellation).ConfigureAwait(false);
        CheckAnnouncement(response);
        if (response.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            Restart();
            throw new AttemptFailedException("the server does not have the rest of the file", response.Status);
        }

        if (response.Status == HttpStatusCode.PartialContent)
        {
            CheckRange(response);
            _isPatched |= _file.Length > 0;
        }
        else if (_file.Length > 0)
            Restart();
        _tag = response.Message.Headers.ETag is { IsWeak: false } tag ? tag : null;
        if (response.Message.Content.Headers.ContentLength is { } length && length != _entry.ByteLength - _file.Length)
            throw Lie($"the server sends {_file.Length + length} bytes, and the repository lists {_entry.ByteLength}");
        await CopyAsync(response, cancellation).ConfigureAwait(false);
    }

    private void AskForTheRest(HttpRequestHeaders headers)
    {
        if (_file.Length == 0)
            return;
        headers.Range = new RangeHeaderValue(_file.Length, null);
        if (_tag is not null)
            headers.IfRange = new RangeConditionHeaderValue(_tag);
    }

    /// <summary>What the hub says of the file with the answer must be what it says in the listing.</summary>
    private void CheckAnnouncement(HubResponse response)
    {
        if (response.Commit is { } commit && commit != _commit)
            throw Lie($"the hub sends the file of commit {HubText.Plain(commit)} instead of {_commit}");
        if (response.ByteLength is { } length && length != _entry.ByteLength)
            throw Lie($"the hub announces {length} bytes, and the repository lists {_entry.ByteLength}");
        if (ContentHash.IsHash(response.Hash) && response.Hash!.Length == _entry.Hash!.Length && response.Hash != _entry.Hash)
            throw Lie($"the hub announces the checksum {response.Hash}, and the repository lists {_entry.Hash}");
        if (response.Message.Content.Headers.ContentEncoding.Any(encoding => encoding != "identity"))
            throw new HubResponseException(_repository, _entry.Path, response.Status, $"{Place}: the server compresses the file, which it was asked not to.");
    }

    private void CheckRange(HubResponse response)
    {
        ContentRangeHeaderValue? range = response.Message.Content.Headers.ContentRange;
        bool fits = range is not null && range.From == _file.Length && range.To == _entry.ByteLength - 1 && (range.Length ?? _entry.ByteLength) == _entry.ByteLength;
        // A server that knows no If-Range goes on with another content.
        bool isSame = _tag is null || response.Message.Headers.ETag is not { } tag || tag.Equals(_tag);
        if (fits && isSame)
            return;
        Restart();
        throw new AttemptFailedException(isSame ? "the server sends another range than it was asked for" : "the file changed on the server", response.Status);
    }

    private async Task CopyAsync(HubResponse response, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            using Stream content = await response.Message.Content.ReadAsStreamAsync(response.Guard.Token).ConfigureAwait(false);
            while (true)
            {
                int read = await ReadAsync(content, buffer, response.Guard, cancellation).ConfigureAwait(false);
                if (read == 0)
                    break;
                if (_file.Length + read > _entry.ByteLength)
                    throw Lie($"the server sends more than the {_entry.ByteLength} bytes that the repository lists");
                Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (_file.Length < _entry.ByteLength)
            throw new AttemptFailedException("the connection ended early");
    }

    private static async Task<int> ReadAsync(Stream content, byte[] buffer, StallGuard guard, CancellationToken cancellation)
    {
        try
        {
            int read = await content.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
            guard.Reset();
            return read;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            throw HubClient.Classify(failure, cancellation);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Write(bytes);
        }
        catch (IOException failure)
        {
            throw new HubStorageException(_repository, _entry.Path, null, $"{Place}: {_file.Name} cannot be written: {failure.Message}", failure);
        }

        _hash.Append(bytes);
        _furthest = Math.Max(_furthest, _file.Length);
        _report(_file.Length);
    }

    private void Verify()
    {
        if (_hash.Matches(out string found))
            return;
        // Of bytes from two answers either may be wrong, and a fresh answer tells; but not for ever.
        if (!_isPatched || _wasWrong)
            throw Lie($"the content's checksum is {found}, and the repository lists {_entry.Hash}");
        _wasWrong = true;
        Restart();
        throw new AttemptFailedException("the file that was resumed has another checksum than the repository lists");
    }

    private void Restart()
    {
        _file.SetLength(0);
        _file.Position = 0;
        _hash.Dispose();
        _hash = new ContentHash(_entry.Hash!, _entry.ByteLength);
        _tag = null;
        _isPatched = false;
        _report(0);
    }

    private string Place => $"{_repository}: {HubText.Plain(_entry.Path)}";

    private HubIntegrityException Lie(string problem) => new(_repository, _entry.Path, null, $"{Place}: {problem}.");
}

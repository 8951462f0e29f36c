namespace Inference;

/// <summary>The beginning of a prompt that stays in the cache until this is disposed.</summary>
/// <remarks>Safe to use from any thread. Disposing more than once, or after the engine, does nothing.</remarks>
public sealed class PinnedPrefix : IDisposable
{
    private readonly EngineLoop _loop;
    private readonly Generation? _generation;
    private int _disposed;

    internal PinnedPrefix(EngineLoop loop, Generation? generation)
    {
        _loop = loop;
        _generation = generation;
    }

    /// <summary>Tokens that are held: those of the prompt's full cache blocks (<see cref="EngineOptions.KvBlockSize"/>).</summary>
    /// <remarks>Requests that begin with them report them as <see cref="GenerationUsage.CachedInputTokens"/>, but for those of a last block that the request ends with.</remarks>
    public int TokenCount => _generation?.PromptTokens.Count ?? 0;

    /// <summary>Lets the cache forget the prefix, as it does any other when it needs room.</summary>
    public void Dispose()
    {
        if (_generation is not null && Interlocked.Exchange(ref _disposed, 1) == 0)
            _loop.Post(new EngineCommand(EngineCommandKind.Unpin, _generation));
    }
}

using Inference.Persistence;
using Inference.Scheduling;
using Inference.Templating;

namespace Inference;

/// <content>Conversations that leave the engine and come back.</content>
public sealed partial class InferenceEngine
{
    /// <summary>Saves a conversation and what the cache holds of its keys and values, so that <see cref="RestoreAsync"/> brings it back, in this process or another.</summary>
    /// <param name="prompt">Text, token ids, or messages. Of messages, the beginning of an answer is left out.</param>
    /// <param name="stream">Receives <see cref="SavedConversation.Bytes"/> bytes from where it stands; stays open.</param>
    /// <param name="cacheSalt">The <see cref="GenerationOptions.CacheSalt"/> under which it was computed. It is not saved.</param>
    /// <param name="cancellationToken">Gives up; what was written by then is of no use.</param>
    /// <returns>What was saved: nothing is computed for it, and of a prompt that the cache does not hold only the tokens are.</returns>
    /// <remarks>See <see cref="Generation.SaveAsync"/>.</remarks>
    /// <exception cref="InvalidPromptException">The prompt is empty or has ids outside the vocabulary.</exception>
    /// <exception cref="ChatTemplateMissingException">Messages were given and the model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The chat template refuses the messages.</exception>
    /// <exception cref="ChatTemplateOptionException">The chat template does not know of something that the messages or their options have.</exception>
    /// <exception cref="EngineStoppedException">The engine has stopped.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public Task<SavedConversation> SaveAsync(Prompt prompt, Stream stream, string? cacheSalt = null, CancellationToken cancellationToken = default)
    {
        int[] tokens = _reader.Read(prompt, answer: false);
        if (tokens.Length == 0)
            throw new InvalidPromptException("The prompt has no tokens.");
        return SaveAsync(tokens, cacheSalt, null, stream, cancellationToken);
    }

    /// <summary>Reads a saved conversation and puts its keys and values into the cache: the next request that begins with its tokens reuses them.</summary>
    /// <param name="stream">Stands where <see cref="SaveAsync(Prompt, Stream, string?, CancellationToken)"/> or <see cref="Generation.SaveAsync"/> began. Exactly what these wrote is read; stays open.</param>
    /// <param name="cacheSalt">The <see cref="GenerationOptions.CacheSalt"/> of the requests that shall find it.</param>
    /// <param name="cancellationToken">Gives up. Blocks that are in the cache by then stay there, like any other prefix.</param>
    /// <returns>The tokens, and how many of them the cache holds now.</returns>
    /// <remarks>
    /// <para>All of the stream is read and checked before any of it can be found. What it says of its size is not believed: memory is
    /// taken as its bytes come. A request goes on from it with the same bits as if the conversation had never left.</para>
    /// <para>A cache that is too small gets what fits, from the first token on, without taking anything from requests that run. The
    /// blocks are then as free as those of any ended request: they stay until the cache needs the room.</para>
    /// <para>The checksums find damage, not malice: whoever can write the file can put other keys and values into it, which would
    /// mislead the requests of this salt.</para>
    /// </remarks>
    /// <exception cref="CacheFormatException">The stream is no saved conversation, of an unknown version, damaged or cut short.</exception>
    /// <exception cref="CacheMismatchException">It was saved with another model, <see cref="EngineOptions.KvBlockSize"/>, <see cref="EngineOptions.KvCacheType"/> or kind of device.</exception>
    /// <exception cref="InvalidOperationException"><see cref="EngineOptions.PrefixCaching"/> is off.</exception>
    /// <exception cref="GenerationFailedException">The device failed.</exception>
    /// <exception cref="EngineStoppedException">The engine has stopped.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public Task<RestoredConversation> RestoreAsync(Stream stream, string? cacheSalt = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!_loaded.Options.PrefixCaching)
            throw new InvalidOperationException("Nothing can be restored while EngineOptions.PrefixCaching is off.");
        ThrowIfEnded();
        return _archive.RestoreAsync(stream, cacheSalt, cancellationToken);
    }

    /// <summary>See <see cref="Generation.SaveAsync"/>.</summary>
    internal Task<SavedConversation> SaveAsync(int[] tokens, string? salt, Sequence? sequence, Stream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ThrowIfEnded();
        return _archive.SaveAsync(tokens, salt, sequence, stream, cancellationToken);
    }

    private void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_loop.Fault is { } fault)
            throw new EngineFailedException($"The engine has failed: {fault.Message}", fault);
    }
}

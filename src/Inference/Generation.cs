using System.Threading.Channels;
using Inference.Scheduling;

namespace Inference;

/// <summary>One request: a stream of its tokens, and its result.</summary>
/// <remarks>
/// <para>Enumerate it once to read the tokens as they come. A reader that falls <see cref="EngineOptions.StreamCapacity"/> tokens behind
/// pauses this request and no other. Leaving the enumeration early cancels the request and frees what it held.</para>
/// <para>Await <see cref="Completion"/> for the whole result; from then on the request no longer waits for a reader.</para>
/// <para><see cref="Fork"/> starts another request from where this one stands.</para>
/// <para>All members are safe to use from any thread; there is one enumeration.</para>
/// </remarks>
public sealed class Generation : IAsyncEnumerable<GeneratedToken>
{
    private readonly InferenceEngine _engine;
    private readonly EngineLoop _loop;
    private readonly int _capacity;
    private readonly Channel<GeneratedToken> _stream =
        Channel.CreateUnbounded<GeneratedToken>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource<GenerationResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unread;
    private int _paused;
    private volatile bool _collects;
    private volatile bool _cancelRequested;
    private int _enumerated;
    private volatile RequestState _state;
    private TimeSpan _head;

    internal Generation(InferenceEngine engine, EngineLoop loop, RequestState state, int streamCapacity)
    {
        _engine = engine;
        _loop = loop;
        _capacity = streamCapacity;
        _state = state;
        Id = state.Sequence.Id;
        PromptTokens = state.Prompt;
        DroppedMessages = state.Dropped;
        Submitted = state.Submitted;
        state.Callers.Add(this);
    }

    /// <summary>Identifies the request in log messages; unique within its engine.</summary>
    public long Id { get; }

    /// <summary>The prompt as the model reads it.</summary>
    public IReadOnlyList<int> PromptTokens { get; }

    /// <summary>The messages that the request's <see cref="ContextPolicy"/> left out of the prompt, oldest first; usually none.</summary>
    public IReadOnlyList<Message> DroppedMessages { get; }

    /// <summary>
    /// The whole result, once the request has ended; also after cancellation, with what there was.
    /// Fails with a typed <see cref="InferenceException"/> where the request failed.
    /// </summary>
    public Task<GenerationResult> Completion
    {
        get
        {
            if (!_collects)
            {
                _collects = true;
                ResumeIfPaused();
            }

            return _completion.Task;
        }
    }

    internal Sequence Sequence => _state.Sequence;

    /// <summary>The computation, which may be other requests' too. Its parts are the engine's thread's alone.</summary>
    internal RequestState State => _state;

    /// <summary>Time stamp of the submission.</summary>
    internal long Submitted { get; }

    /// <summary>Whether it joined another request's computation.</summary>
    internal bool Coalesced { get; private set; }

    internal bool CancelRequested => _cancelRequested;

    /// <summary>Ends the request. Its cache blocks are free within one step; an enumeration ends without an error.</summary>
    public void Cancel() => Leave(null);

    /// <summary>Submits another request that goes on from the tokens this one has now: its prompt and what it has generated.</summary>
    /// <param name="options">How to go on; all of it is the new request's own, <see cref="GenerationOptions.MaxOutputTokens"/> counts its own tokens only. Null: as this one, with another seed.</param>
    /// <param name="cancellationToken">Cancels the new request.</param>
    /// <returns>
    /// The new request, with a stream and a result of its own: they hold what comes after the fork, and the tokens before it are its
    /// <see cref="PromptTokens"/>. With the same options and seed it goes on exactly as this one does.
    /// </returns>
    /// <remarks>
    /// <para>Possible at any time, also when this request waits, is paused, has ended or was cancelled. An end-of-text token that ended it is left out.
    /// It goes on by itself, unchanged.</para>
    /// <para>Keys and values are shared: full cache blocks by reference, the last, partly filled one as a copy made when the new request first
    /// computes. While this request is still computing its prompt, the new one waits for that rather than computing it again. If this request has
    /// ended by the time the new one runs, the prefix cache provides what is left of it. A fork with another <see cref="GenerationOptions.CacheSalt"/>
    /// shares nothing.</para>
    /// <para>Frequency and presence penalties count what both have generated. With the stop sequences of this request, the fork goes on in the middle of one
    /// that has begun; with others, it looks for them in its own text alone.</para>
    /// </remarks>
    /// <exception cref="ContextLengthExceededException">This request has filled the context.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="QueueFullException">Too many requests are waiting.</exception>
    /// <exception cref="EngineStoppedException">The engine is draining or has stopped.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public Generation Fork(GenerationOptions? options = null, CancellationToken cancellationToken = default) => _engine.Fork(this, options, cancellationToken);

    /// <summary>Saves the conversation as it stands, prompt and output so far, with what the cache holds of its keys and values.</summary>
    /// <param name="stream">Receives <see cref="SavedConversation.Bytes"/> bytes from where it stands; stays open.</param>
    /// <param name="cancellationToken">Gives up; what was written by then is of no use. The request itself goes on.</param>
    /// <returns>What was saved.</returns>
    /// <remarks>
    /// <para><see cref="InferenceEngine.RestoreAsync"/> brings it back, in this process or another, for the same model and cache options.</para>
    /// <para>Possible at any time: while the request waits, runs or is paused, after its end, and while the engine drains. It goes on by itself.
    /// Whole cache blocks are saved, so that up to <see cref="EngineOptions.KvBlockSize"/> tokens before the last are computed again; after the
    /// end of a request, those that the prefix cache still has. Blocks are copied to the host's memory between steps, a few at a time, and
    /// written from there: a slow stream holds nobody up.</para>
    /// <para>The stream holds the conversation's tokens, and keys and values from which its text can be told: protect it as you do the text.</para>
    /// </remarks>
    /// <exception cref="GenerationFailedException">The device failed.</exception>
    /// <exception cref="EngineStoppedException">The engine has stopped.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public Task<SavedConversation> SaveAsync(Stream stream, CancellationToken cancellationToken = default) =>
        _engine.SaveAsync(CopyTokens(), _state.Options.CacheSalt, _state.Sequence, stream, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The generation is or was enumerated already.</exception>
    public async IAsyncEnumerator<GeneratedToken> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
            throw new InvalidOperationException("A generation can be enumerated only once.");
        CancelOn(cancellationToken);
        try
        {
            // No token here: cancellation completes the channel, and a wait without a token allocates nothing.
            while (await _stream.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (_stream.Reader.TryRead(out GeneratedToken token))
                {
                    if (Interlocked.Decrement(ref _unread) <= _capacity / 2)
                        ResumeIfPaused();
                    yield return token;
                }
            }
        }
        finally
        {
            // Whoever breaks out, throws or disposes here has left; for a request that has ended this does nothing.
            Cancel();
        }
    }

    /// <summary>Cancels the request when the token is; its enumeration then throws <see cref="OperationCanceledException"/>.</summary>
    internal void CancelOn(CancellationToken token)
    {
        if (!token.CanBeCanceled)
            return;
        CancellationTokenRegistration registration = token.UnsafeRegister(static (state, t) => ((Generation)state!).Leave(new OperationCanceledException(t)), this);
        // A token may live as long as the process: it must not keep requests that have ended. Unregistering does not wait for a callback under way.
        _ = _completion.Task.ContinueWith(static (_, state) => ((CancellationTokenRegistration)state!).Unregister(), registration, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Becomes one of the callers of an equal request's computation, and gets what that has streamed.</summary>
    /// <param name="shared">The computation.</param>
    /// <param name="head">How much earlier than this request that was submitted.</param>
    internal void Join(RequestState shared, TimeSpan head)
    {
        Coalesced = true;
        _head = head;
        _state = shared;
        shared.Callers.Add(this);
        foreach (GeneratedToken token in shared.Streamed!)
            Deliver(token);
    }

    /// <summary>All tokens known now; of a request that has ended, those of its result.</summary>
    internal int[] CopyTokens() => _completion.Task.IsCompletedSuccessfully ? [.. PromptTokens, .. _completion.Task.Result.Tokens] : _state.CopyTokens();

    /// <summary>Hands a token to the reader.</summary>
    /// <returns>Whether the reader is so far behind that the request should pause.</returns>
    internal bool Deliver(GeneratedToken token)
    {
        if (Coalesced)
            token = token with { Elapsed = token.Elapsed > _head ? token.Elapsed - _head : TimeSpan.Zero };
        int unread = Interlocked.Increment(ref _unread);
        _stream.Writer.TryWrite(token);
        if (unread < _capacity || _collects)
            return false;

        // The reader looks at the flag after it lowers the count; look at the count again after raising the flag, or both could miss.
        Interlocked.Exchange(ref _paused, 1);
        if (Volatile.Read(ref _unread) >= _capacity && !_collects)
            return true;
        Interlocked.Exchange(ref _paused, 0);
        return false;
    }

    /// <summary>Ends the stream with an error where the request is about to end early; its result stays to come.</summary>
    internal void Interrupt(InferenceException error) => _stream.Writer.TryComplete(error);

    internal void End(GenerationResult result)
    {
        _stream.Writer.TryComplete();
        _completion.TrySetResult(result);
    }

    internal void Fail(InferenceException error)
    {
        _stream.Writer.TryComplete(error);
        if (_completion.TrySetException(error))
            _ = _completion.Task.Exception; // Observed: a caller that only enumerates has seen it there.
    }

    private void Leave(Exception? error)
    {
        if (_completion.Task.IsCompleted)
            return;
        _stream.Writer.TryComplete(error);
        if (!_cancelRequested)
        {
            _cancelRequested = true;
            _loop.Post(new EngineCommand(EngineCommandKind.Cancel, this));
        }
    }

    private void ResumeIfPaused()
    {
        if (Interlocked.Exchange(ref _paused, 0) != 0)
            _loop.Post(new EngineCommand(EngineCommandKind.Resume, this));
    }
}

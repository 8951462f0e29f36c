using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Inference.Sampling;
using Inference.Scheduling;
using Inference.Tokenization;

namespace Inference;

/// <summary>One request: a stream of its tokens, and its result.</summary>
/// <remarks>
/// <para>Enumerate it once to read the tokens as they come. A reader that falls <see cref="EngineOptions.StreamCapacity"/> tokens behind
/// pauses this request and no other. Leaving the enumeration early cancels the request and frees what it held.</para>
/// <para>Await <see cref="Completion"/> for the whole result; from then on the request no longer waits for a reader.</para>
/// <para>All members are safe to use from any thread; there is one enumeration.</para>
/// </remarks>
public sealed class Generation : IAsyncEnumerable<GeneratedToken>
{
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

    internal Generation(EngineLoop loop, Sequence sequence, RequestState state, int streamCapacity)
    {
        _loop = loop;
        _capacity = streamCapacity;
        Sequence = sequence;
        State = state;
    }

    /// <summary>Identifies the request in log messages; unique within its engine.</summary>
    public long Id => Sequence.Id;

    /// <summary>The prompt as the model reads it.</summary>
    public IReadOnlyList<int> PromptTokens => State.Prompt;

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

    internal Sequence Sequence { get; }

    /// <summary>What the engine's thread alone reads and writes.</summary>
    internal RequestState State { get; }

    internal bool CancelRequested => _cancelRequested;

    /// <summary>Ends the request. Its cache blocks are free within one step; an enumeration ends without an error.</summary>
    public void Cancel() => Leave(null);

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

    /// <summary>Hands a token to the reader.</summary>
    /// <returns>Whether the reader is so far behind that the request should pause.</returns>
    internal bool Deliver(GeneratedToken token)
    {
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

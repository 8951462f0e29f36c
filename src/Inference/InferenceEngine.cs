using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Inference.Dialects;
using Inference.Formats;
using Inference.Scheduling;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference;

/// <summary>A loaded model that serves any number of concurrent callers, in this process.</summary>
/// <remarks>
/// All members are safe to use from any thread. One thread of the engine computes; in every step it works on all open requests at once
/// (continuous batching). A request's tokens are the same whatever else runs beside it.
/// </remarks>
public sealed partial class InferenceEngine : IAsyncDisposable
{
    private readonly LoadedModel _loaded;
    private readonly EngineLoop _loop;
    private readonly QueuePlaces _queuePlaces;
    private readonly PromptReader _reader;
    private readonly RequestFactory _factory;
    private readonly ConversationArchive _archive;
    private readonly ModelDialects _dialects;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lazy<Task> _disposal;
    private volatile bool _disposed;
    private volatile bool _draining;

    private InferenceEngine(LoadedModel loaded)
    {
        _loaded = loaded;
        SchedulerOptions scheduling = loaded.Options.ToScheduling(loaded.Time);
        _queuePlaces = new QueuePlaces(loaded.Options.MaxQueuedRequests, scheduling.Tenants);
        _disposal = new Lazy<Task>(StopAndReleaseAsync);
        _reader = new PromptReader(Tokenizer, Model.Name, Model.VocabularySize);
        _factory = new RequestFactory(loaded);
        _loop = loaded.CreateLoop(scheduling, _queuePlaces);
        _archive = new ConversationArchive(loaded, _loop);
        _dialects = new ModelDialects(Tokenizer);
        _loop.Start();
    }

    /// <summary>What was loaded.</summary>
    public ModelInfo Model => _loaded.Info;

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer => _loaded.Tokenizer;

    /// <summary>The most tokens, prompt and output together, of one request.</summary>
    public int ContextLength => _loaded.ContextLength;

    /// <summary>What computes: instruction sets and threads, or the name of a card.</summary>
    public string DeviceName => _loaded.Device.Name;

    /// <summary>What the engine is doing now, and has done.</summary>
    public EngineStatistics Statistics => _loaded.Spill is { } spill ? _loop.Statistics with { Spill = spill.Statistics } : _loop.Statistics;

    /// <summary>Whether the engine can compute. False once it is disposed or its thread has failed; then <see cref="Failure"/> says why.</summary>
    /// <remarks>A step that fails on the device ends its requests alone and leaves the engine healthy: watch <see cref="EngineStatistics.FailedSteps"/> for a device that fails again and again.</remarks>
    public bool IsHealthy => !_disposed && !_loop.HasEnded;

    /// <summary>What the engine's thread failed with; null while it has not.</summary>
    public Exception? Failure => _loop.Fault;

    /// <summary>Requests that could be submitted now without being refused or waiting; limits of single tenants aside.</summary>
    public int FreeQueuePlaces => _queuePlaces.Free;

    /// <summary>Loads a model: a GGUF file, a safetensors file, or a folder with safetensors, config.json and tokenizer.json.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">How the engine is set up; null for the defaults.</param>
    /// <param name="progress">Told how far loading has come.</param>
    /// <param name="cancellationToken">Gives loading up.</param>
    /// <returns>The engine, ready for requests.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="Formats.ModelFormatException">A file is malformed or uses something unsupported; the message names file, offset and field.</exception>
    /// <exception cref="TokenizerMismatchException"><see cref="EngineOptions.Tokenizer"/> has ids for which the model has no rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine lacks the kernels that <see cref="EngineOptions.Kernels"/> or the environment asks for.</exception>
    public static async Task<InferenceEngine> LoadAsync(string path, EngineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // Not cancelled before it starts: the loader disposes the options' device where it gives up.
        return await Task.Run(() => Start(ModelLoader.Load(path, options ?? new EngineOptions(), progress, cancellationToken)), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Generates: submits the request when the enumeration starts, streams its tokens, and cancels it when the enumeration is left.</summary>
    /// <param name="prompt">Text, token ids, or messages.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the request; the enumeration then throws <see cref="OperationCanceledException"/>.</param>
    /// <returns>The tokens, as they are computed. Each enumeration is a request of its own. Throws what <see cref="Submit"/> throws.</returns>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(Prompt prompt, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Generation generation = Submit(prompt, options, cancellationToken);
        await foreach (GeneratedToken token in generation.ConfigureAwait(false))
            yield return token;
    }

    /// <summary>Submits a request and returns at once.</summary>
    /// <param name="prompt">Text, token ids, or messages.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The handle to its tokens and its result.</returns>
    /// <exception cref="InvalidPromptException">The prompt is empty or has ids outside the vocabulary.</exception>
    /// <exception cref="ContextLengthExceededException">The prompt is too long.</exception>
    /// <exception cref="ChatTemplateMissingException">Messages were given and the model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The chat template refuses the messages.</exception>
    /// <exception cref="ChatTemplateOptionException">The chat template does not know of something that the messages or their options have.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="QueueFullException">Too many requests are waiting, or too many of this tenant.</exception>
    /// <exception cref="EngineStoppedException">The engine is draining or has stopped; an <see cref="EngineFailedException"/> where it has failed.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public Generation Submit(Prompt prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfStopped();
        _queuePlaces.Take(options?.TenantId);
        return SubmitWithPlace(prompt, options, cancellationToken);
    }

    /// <summary>Submits a request like <see cref="Submit"/>, but waits for a place in the queue where it is full.</summary>
    /// <param name="prompt">Text, token ids, or messages.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the wait up, and cancels the request later.</param>
    /// <returns>The handle to its tokens and its result. Throws what <see cref="Submit"/> throws, but for <see cref="QueueFullException"/>.</returns>
    public async Task<Generation> SubmitAsync(Prompt prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfStopped();
        if (!_queuePlaces.TryTake(options?.TenantId))
            await WaitForPlaceAsync(options?.TenantId, cancellationToken).ConfigureAwait(false);
        return SubmitWithPlace(prompt, options, cancellationToken);
    }

    /// <summary>The tokens that a prompt becomes, as <see cref="Submit"/> would read it.</summary>
    /// <param name="prompt">Text, token ids, or messages.</param>
    /// <returns>The token ids.</returns>
    /// <exception cref="InvalidPromptException">The prompt is empty or has ids outside the vocabulary.</exception>
    /// <exception cref="ChatTemplateMissingException">Messages were given and the model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The chat template refuses the messages.</exception>
    /// <exception cref="ChatTemplateOptionException">The chat template does not know of something that the messages or their options have.</exception>
    public int[] Tokenize(Prompt prompt)
    {
        int[] tokens = _reader.Read(prompt);
        if (tokens.Length == 0)
            throw new InvalidPromptException("The prompt has no tokens.");
        return tokens;
    }

    /// <summary>How many tokens a prompt has, as <see cref="Submit"/> would count it against <see cref="ContextLength"/>.</summary>
    /// <param name="prompt">Text, token ids, or messages. Messages count with all that the chat template puts around them and with the beginning of the answer.</param>
    /// <returns>The number of tokens; may be 0, or more than the context holds.</returns>
    /// <exception cref="InvalidPromptException">The prompt has ids outside the vocabulary.</exception>
    /// <exception cref="ChatTemplateMissingException">Messages were given and the model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The chat template refuses the messages.</exception>
    /// <exception cref="ChatTemplateOptionException">The chat template does not know of something that the messages or their options have.</exception>
    public int CountTokens(Prompt prompt) => _reader.Read(prompt).Length;

    /// <summary>Submits several requests with the same prompt, which is computed once.</summary>
    /// <param name="prompt">Text, token ids, or messages.</param>
    /// <param name="options">How to generate each of them; null for the defaults. Without a <see cref="GenerationOptions.Temperature"/> all are the same.</param>
    /// <param name="count">How many, at least 1. Each takes a place in the queue.</param>
    /// <param name="cancellationToken">Cancels all of them.</param>
    /// <returns>
    /// The handles, each with its own stream. Request i has the seed <see cref="GenerationOptions.Seed"/> + i (modulo 2^64), drawn anew where that is null:
    /// submitted alone with that seed, which its result reports, it gives the same tokens.
    /// </returns>
    /// <remarks>Throws what <see cref="Submit"/> throws; then none of them is submitted. The requests share their prompt's cache blocks and are independent otherwise.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    public IReadOnlyList<Generation> SubmitSamples(Prompt prompt, GenerationOptions? options, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return SubmitAll(count, options?.TenantId, () => PrepareSamples(prompt, options ?? new GenerationOptions(), count), cancellationToken);
    }

    /// <summary>Computes the beginning of prompts, such as a system prompt, and keeps it in the cache until the handle is disposed.</summary>
    /// <param name="prompt">Text, token ids, or messages. Of messages, the beginning of an answer is left out. Its full cache blocks are kept.</param>
    /// <param name="cacheSalt">The <see cref="GenerationOptions.CacheSalt"/> of the requests that shall find it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The handle, once the prefix is computed. It also counts in <see cref="EngineStatistics.PinnedBlocks"/>.</returns>
    /// <remarks>A prompt of less than a block (<see cref="EngineOptions.KvBlockSize"/>) gives a handle that holds no tokens. Throws what <see cref="Submit"/> throws, besides:</remarks>
    /// <exception cref="CacheCapacityException">The cache would not hold the longest request any more.</exception>
    /// <exception cref="InvalidOperationException"><see cref="EngineOptions.PrefixCaching"/> is off.</exception>
    public async Task<PinnedPrefix> PinPrefixAsync(Prompt prompt, string? cacheSalt = null, CancellationToken cancellationToken = default)
    {
        if (!_loaded.Options.PrefixCaching)
            throw new InvalidOperationException("Nothing can be pinned while EngineOptions.PrefixCaching is off.");
        int[] tokens = _reader.Read(prompt, answer: false);
        tokens = tokens[..(tokens.Length - (tokens.Length % _loaded.Options.KvBlockSize))];
        if (tokens.Length == 0)
            return new PinnedPrefix(_loop, null);
        var draft = new RequestDraft(tokens, new GenerationOptions { CacheSalt = cacheSalt }) { Pins = true };
        Generation generation = SubmitAll(1, tenant: null, () => [_factory.Create(this, _loop, draft)], cancellationToken)[0];
        GenerationResult result = await generation.Completion.ConfigureAwait(false);
        if (result.FinishReason == FinishReason.Cancelled)
            ThrowCancelled(cancellationToken);
        return new PinnedPrefix(_loop, generation);
    }

    /// <summary>The logits after a prompt: for every token of the vocabulary, how likely it comes next, before any softmax.</summary>
    /// <param name="tokens">Token ids, taken as they are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>As many elements as the vocabulary has tokens.</returns>
    /// <remarks>Computed beside all other requests. Throws what <see cref="Submit"/> throws.</remarks>
    public async Task<float[]> ComputeLogitsAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default)
    {
        var logits = new float[Model.VocabularySize];
        var options = new GenerationOptions { MaxOutputTokens = 1, LogitsObserver = (_, row) => row.CopyTo(logits) };
        Generation generation = Submit(Prompt.FromTokens(tokens), options, cancellationToken);
        GenerationResult result = await generation.Completion.ConfigureAwait(false);
        if (result.FinishReason == FinishReason.Cancelled)
            ThrowCancelled(cancellationToken);
        return logits;
    }

    /// <summary>Refuses new requests, those that wait in <see cref="SubmitAsync"/> included, and waits until all open ones have ended.</summary>
    /// <param name="cancellationToken">Gives the wait up; the engine goes on refusing.</param>
    /// <remarks>
    /// A request whose stream is full and has no reader never ends by itself. Where callers may forget theirs, say how long to wait:
    /// see <see cref="DrainAsync(TimeSpan, CancellationToken)"/>.
    /// </remarks>
    public Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _draining = true;
        _ = _closing.CancelAsync();
        return _loop.Drain().WaitAsync(cancellationToken);
    }

    /// <summary>Drains like <see cref="DrainAsync(CancellationToken)"/>, but only for so long; then stops what is left, like <see cref="StopAsync"/>.</summary>
    /// <param name="patience">How long open requests may take, by the engine's clock; 0 or more.</param>
    /// <param name="cancellationToken">Gives the wait up without stopping anything; the engine goes on refusing.</param>
    /// <returns>Whether all requests ended by themselves.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="patience"/> is negative, or more than 49 days.</exception>
    public async Task<bool> DrainAsync(TimeSpan patience, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(patience, TimeSpan.FromMilliseconds(uint.MaxValue - 1));
        Task drained = DrainAsync(CancellationToken.None);
        try
        {
            await drained.WaitAsync(patience, _loaded.Time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            await StopAsync().ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Refuses new requests, those that wait in <see cref="SubmitAsync"/> included, and cancels all open ones. What they held is free when this returns.</summary>
    /// <returns>Completes when every request has ended, within one step.</returns>
    /// <remarks>
    /// <para>A request's <see cref="Generation.Completion"/> gives what there was, with <see cref="FinishReason.Cancelled"/>; its enumeration gives the tokens
    /// computed so far and then throws an <see cref="EngineStoppedException"/>: a stream cut short must not pass for a complete one.</para>
    /// <para>The engine stays loaded and refuses requests until it is disposed.</para>
    /// </remarks>
    public Task StopAsync()
    {
        _draining = true;
        _ = _closing.CancelAsync();
        return _loop.CancelAll();
    }

    /// <summary>Ends all open requests with an <see cref="EngineStoppedException"/> and releases model and memory.</summary>
    /// <remarks>May be called from inside an enumeration, and any number of times: each call returns when all is released.</remarks>
    public async ValueTask DisposeAsync() => await _disposal.Value.ConfigureAwait(false);

    /// <summary>Loads a model whose bytes need not be in its file.</summary>
    internal static InferenceEngine Load(string path, EngineOptions options, Func<string, ModelFile> open) =>
        Start(ModelLoader.Load(path, options, null, CancellationToken.None, open));

    private static InferenceEngine Start(LoadedModel loaded)
    {
        try
        {
            return new InferenceEngine(loaded);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    private async Task StopAndReleaseAsync()
    {
        _disposed = true;
        // What follows a refused wait is the caller's code: it runs elsewhere, not in here.
        _ = _closing.CancelAsync();
        await _loop.Stop().ConfigureAwait(false);
        _loaded.Dispose();
    }

    /// <summary>Waits for a place in the queue, but not beyond the end of the engine: who is refused then should not wait for it.</summary>
    private async Task WaitForPlaceAsync(string? tenant, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _queuePlaces.TakeAsync(tenant, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfStopped();
            throw;
        }
    }

    /// <summary>The most requests that run at the same time.</summary>
    internal int MaxSequences => _loaded.Options.MaxSequences;

    /// <summary>Refuses options that no request can have.</summary>
    internal void Validate(GenerationOptions options)
    {
        options.Validate();
        options.ToSampling(seed: 0).Validate(Model.VocabularySize);
    }

    /// <summary>Submits requests so that an idle engine begins them all in the same step. They must fit the queue.</summary>
    internal async Task<Generation[]> SubmitTogetherAsync(IReadOnlyList<Prompt> prompts, GenerationOptions options, CancellationToken cancellationToken)
    {
        ThrowIfStopped();
        var generations = new List<Generation>(prompts.Count);
        try
        {
            foreach (Prompt prompt in prompts)
            {
                await _queuePlaces.TakeAsync(options.TenantId, cancellationToken).ConfigureAwait(false);
                generations.Add(PrepareWithPlace(prompt, options, cancellationToken));
            }
        }
        catch
        {
            // Those before the one that is refused give their places back the way any request does.
            generations.ForEach(generation => generation.Cancel());
            throw;
        }
        finally
        {
            _loop.Post([.. generations.Select(generation => new EngineCommand(EngineCommandKind.Submit, generation))]);
        }

        return [.. generations];
    }

    /// <summary>See <see cref="Generation.Fork"/>.</summary>
    internal Generation Fork(Generation parent, GenerationOptions? options, CancellationToken cancellationToken)
    {
        RequestState state = parent.State;
        options ??= state.Options with { Seed = null };
        return SubmitAll(1, options.TenantId, Continue, cancellationToken)[0];

        Generation[] Continue()
        {
            options.Validate();
            int[] tokens = parent.CopyTokens();
            bool ended = tokens.Length > parent.PromptTokens.Count && !state.Options.IgnoreEndOfText && Tokenizer.EndOfGeneration.Contains(tokens[^1]);
            var draft = new RequestDraft(ended ? tokens[..^1] : tokens, options) { Origin = state };
            return [_factory.Create(this, _loop, draft)];
        }
    }

    private Generation[] PrepareSamples(Prompt prompt, GenerationOptions options, int count)
    {
        var samples = new Generation[count];
        samples[0] = Prepare(prompt, options);
        RequestState first = samples[0].State;
        for (int i = 1; i < count; i++)
        {
            var draft = new RequestDraft(first.Prompt, options with { Seed = unchecked(first.Seed + (ulong)i) }) { Origin = first, Dropped = first.Dropped };
            samples[i] = _factory.Create(this, _loop, draft);
        }

        return samples;
    }

    private Generation SubmitWithPlace(Prompt prompt, GenerationOptions? options, CancellationToken cancellationToken)
    {
        Generation generation = PrepareWithPlace(prompt, options ?? new GenerationOptions(), cancellationToken);
        _loop.Post(new EngineCommand(EngineCommandKind.Submit, generation));
        return generation;
    }

    private Generation PrepareWithPlace(Prompt prompt, GenerationOptions options, CancellationToken cancellationToken) =>
        WithPlaces(1, options.TenantId, () => [Prepare(prompt, options)], cancellationToken)[0];

    /// <summary>Makes requests that have their places in the queue already, or gives the places back.</summary>
    private Generation[] WithPlaces(int count, string? tenant, Func<Generation[]> prepare, CancellationToken cancellationToken)
    {
        Generation[] generations;
        try
        {
            ThrowIfStopped();
            generations = prepare();
        }
        catch
        {
            GiveBack(count, tenant);
            throw;
        }

        foreach (Generation generation in generations)
        {
            _loaded.Meter.Submitted();
            generation.CancelOn(cancellationToken);
        }

        return generations;
    }

    private void GiveBack(int places, string? tenant)
    {
        for (int i = 0; i < places; i++)
            _queuePlaces.Release(tenant);
    }

    /// <summary>Takes places in the queue and submits, at once.</summary>
    private Generation[] SubmitAll(int count, string? tenant, Func<Generation[]> prepare, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfStopped();
        for (int taken = 0; taken < count; taken++)
        {
            try
            {
                _queuePlaces.Take(tenant);
            }
            catch
            {
                GiveBack(taken, tenant);
                throw;
            }
        }

        Generation[] generations = WithPlaces(count, tenant, prepare, cancellationToken);
        _loop.Post([.. generations.Select(generation => new EngineCommand(EngineCommandKind.Submit, generation))]);
        return generations;
    }

    private Generation Prepare(Prompt prompt, GenerationOptions options)
    {
        options.Validate();
        (int[] tokens, IReadOnlyList<Message> dropped) = _reader.Fit(prompt, options, ContextLength);
        if (tokens.Length == 0)
            throw new InvalidPromptException("The prompt has no tokens.");
        return _factory.Create(this, _loop, new RequestDraft(tokens, options) { Dropped = dropped });
    }

    /// <summary>Says why a request of the engine's own was cancelled: by its caller, or with all others.</summary>
    [DoesNotReturn]
    private void ThrowCancelled(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfStopped();
        throw new OperationCanceledException(cancellationToken);
    }

    private void ThrowIfStopped()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_loop.Fault is { } fault)
            throw new EngineFailedException($"The engine has failed: {fault.Message}", fault);
        if (_draining)
            throw new EngineStoppedException("The engine is draining or stopped and takes no new requests.");
    }
}

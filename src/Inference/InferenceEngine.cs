using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Runtime.InteropServices;
using Inference.Models;
using Inference.Sampling;
using Inference.Scheduling;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference;

/// <summary>A loaded model that serves any number of concurrent callers, in this process.</summary>
/// <remarks>
/// All members are safe to use from any thread. One thread of the engine computes; in every step it works on all open requests at once
/// (continuous batching). A request's tokens are the same whatever else runs beside it.
/// </remarks>
public sealed class InferenceEngine : IAsyncDisposable
{
    private readonly LoadedModel _loaded;
    private readonly EngineLoop _loop;
    private readonly SemaphoreSlim _queuePlaces;
    private readonly Lazy<ChatTemplate?> _chatTemplate;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lazy<Task> _disposal;
    private volatile bool _disposed;
    private volatile bool _draining;
    private long _lastId;

    private InferenceEngine(LoadedModel loaded)
    {
        _loaded = loaded;
        _queuePlaces = new SemaphoreSlim(loaded.Options.MaxQueuedRequests);
        _disposal = new Lazy<Task>(StopAndReleaseAsync);
        _chatTemplate = new Lazy<ChatTemplate?>(() => Tokenizer.ChatTemplate is { } source ? ChatTemplate.Parse(source) : null);
        _loop = loaded.CreateLoop(_queuePlaces);
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
    public EngineStatistics Statistics => _loop.Statistics;

    /// <summary>Whether the engine computes. False once it is disposed or its thread has failed.</summary>
    public bool IsHealthy => !_disposed && !_loop.HasEnded;

    /// <summary>Requests that could be submitted now without being refused or waiting.</summary>
    internal int FreeQueuePlaces => _queuePlaces.CurrentCount;

    /// <summary>Loads a model: a GGUF file, a safetensors file, or a folder with safetensors, config.json and tokenizer.json.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">How the engine is set up; null for the defaults.</param>
    /// <param name="progress">Told how far loading has come.</param>
    /// <param name="cancellationToken">Gives loading up.</param>
    /// <returns>The engine, ready for requests.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="Formats.ModelFormatException">A file is malformed or uses something unsupported; the message names file, offset and field.</exception>
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
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="QueueFullException">Too many requests are waiting.</exception>
    /// <exception cref="EngineStoppedException">The engine is draining or has stopped.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public Generation Submit(Prompt prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfStopped();
        if (!_queuePlaces.Wait(0, CancellationToken.None))
            throw new QueueFullException(_loaded.Options.MaxQueuedRequests);
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
        if (!_queuePlaces.Wait(0, CancellationToken.None))
            await WaitForPlaceAsync(cancellationToken).ConfigureAwait(false);
        return SubmitWithPlace(prompt, options, cancellationToken);
    }

    /// <summary>The tokens that a prompt becomes, as <see cref="Submit"/> would read it.</summary>
    /// <param name="prompt">Text, token ids, or messages.</param>
    /// <returns>The token ids.</returns>
    /// <exception cref="InvalidPromptException">The prompt is empty or has ids outside the vocabulary.</exception>
    /// <exception cref="ChatTemplateMissingException">Messages were given and the model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The chat template refuses the messages.</exception>
    public int[] Tokenize(Prompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int[] tokens = prompt switch
        {
            { Text: { } text } => Tokenizer.Encode(text, addSpecial: true, prompt.ParsesSpecialTokens),
            { Messages: { } messages } => Tokenizer.Encode(Render(messages), addSpecial: false, parseSpecial: true),
            _ => prompt.Tokens.ToArray(),
        };
        if (tokens.Length == 0)
            throw new InvalidPromptException("The prompt has no tokens.");
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)Model.VocabularySize)
                throw new InvalidPromptException($"The prompt has token {token}; the vocabulary has ids 0 to {Model.VocabularySize - 1}.");
        }

        return tokens;
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
            throw new OperationCanceledException(cancellationToken);
        return logits;
    }

    /// <summary>Refuses new requests, those that wait in <see cref="SubmitAsync"/> included, and waits until all open ones have ended.</summary>
    /// <param name="cancellationToken">Gives the wait up; the engine goes on refusing.</param>
    /// <remarks>
    /// A request whose stream is full and has no reader never ends by itself. Where callers may forget theirs, wait with a token
    /// that is cancelled after some time, then dispose the engine: that ends whatever is left.
    /// </remarks>
    public Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _draining = true;
        _ = _closing.CancelAsync();
        return _loop.Drain().WaitAsync(cancellationToken);
    }

    /// <summary>Ends all open requests with an <see cref="EngineStoppedException"/> and releases model and memory.</summary>
    /// <remarks>May be called from inside an enumeration, and any number of times: each call returns when all is released.</remarks>
    public async ValueTask DisposeAsync() => await _disposal.Value.ConfigureAwait(false);

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
    private async Task WaitForPlaceAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _queuePlaces.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfStopped();
            throw;
        }
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
                await _queuePlaces.WaitAsync(cancellationToken).ConfigureAwait(false);
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

    private Generation SubmitWithPlace(Prompt prompt, GenerationOptions? options, CancellationToken cancellationToken)
    {
        Generation generation = PrepareWithPlace(prompt, options ?? new GenerationOptions(), cancellationToken);
        _loop.Post(new EngineCommand(EngineCommandKind.Submit, generation));
        return generation;
    }

    private Generation PrepareWithPlace(Prompt prompt, GenerationOptions options, CancellationToken cancellationToken)
    {
        Generation generation;
        try
        {
            ThrowIfStopped();
            generation = Prepare(prompt, options);
        }
        catch
        {
            _queuePlaces.Release();
            throw;
        }

        _loaded.Meter.Submitted();
        generation.CancelOn(cancellationToken);
        return generation;
    }

    private Generation Prepare(Prompt prompt, GenerationOptions options)
    {
        int[] tokens = Tokenize(prompt);
        if (tokens.Length >= ContextLength)
            throw new ContextLengthExceededException(tokens.Length, ContextLength);
        options.Validate();

        ulong seed = options.Seed ?? MemoryMarshal.Read<ulong>(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        SamplingParameters parameters = options.ToSampling(seed);
        parameters.Validate(Model.VocabularySize);
        var sampler = new Sampler(parameters, Model.VocabularySize, tokens);
        var text = new TextStream(Tokenizer, options.StopSequences, tokens);

        TimeProvider time = _loaded.Time;
        long now = time.GetTimestamp();
        double deadline = options.Deadline is { } most ? now + most.TotalSeconds * time.TimestampFrequency : long.MaxValue;
        int maxLength = (int)Math.Min(ContextLength, (long)tokens.Length + (options.MaxOutputTokens ?? ContextLength));
        var sequence = new Sequence(Interlocked.Increment(ref _lastId), tokens, maxLength)
        {
            Priority = options.Priority,
            Tenant = options.TenantId,
            CacheSalt = options.CacheSalt,
            Deadline = deadline >= long.MaxValue ? long.MaxValue : (long)deadline,
        };
        var generation = new Generation(_loop, sequence, new RequestState(tokens, options, sampler, text, seed, now), _loaded.Options.StreamCapacity);
        sequence.Owner = generation;
        return generation;
    }

    private string Render(IReadOnlyList<ChatMessage> messages)
    {
        ChatTemplate template = _chatTemplate.Value ?? throw new ChatTemplateMissingException(Model.Name);
        var variables = new Dictionary<string, object?>
        {
            ["messages"] = messages.Select(object? (m) => new Dictionary<string, object?> { ["role"] = m.Role, ["content"] = m.Content }).ToList(),
            ["add_generation_prompt"] = true,
            ["bos_token"] = Tokenizer.BeginOfText is { } bos ? Tokenizer.TokenText(bos) : "",
            ["eos_token"] = Tokenizer.EndOfText is { } eos ? Tokenizer.TokenText(eos) : "",
        };
        return template.Render(variables);
    }

    private void ThrowIfStopped()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_loop.Fault is { } fault)
            throw new EngineStoppedException($"The engine has failed: {fault.Message}", fault);
        if (_draining)
            throw new EngineStoppedException("The engine is draining and takes no new requests.");
    }
}

using Inference.Templating;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Inference.Extensions.AI.Hosting;

/// <summary>One engine of a host: loads it once, when the host starts or someone needs it before, and keeps it.</summary>
internal sealed class EngineSource(EngineName name, IServiceProvider services) : IAsyncDisposable, IDisposable, IProgress<LoadProgress>
{
    private readonly Lock _lock = new();
    // Never disposed: it holds nothing, and a host's token may cancel it at any time.
    private readonly CancellationTokenSource _closing = new();
    private readonly ILogger _logger = services.GetService<ILoggerFactory>()?.CreateLogger("Inference.Hosting") ?? NullLogger.Instance;
    private Task<InferenceEngine>? _loading;
    private LoadProgress _progress;
    private ChatTemplateOptions _template = new();
    private bool _disposed;
    private volatile bool _stopping;

    /// <summary>What it is called.</summary>
    public EngineName Name => name;

    /// <summary>The engine's loading; null before it has begun.</summary>
    public Task<InferenceEngine>? Loading => Volatile.Read(ref _loading);

    /// <summary>How far loading has come, 0 to 1.</summary>
    public double Progress
    {
        get
        {
            lock (_lock)
                return _progress.BytesTotal == 0 ? 0 : _progress.Fraction;
        }
    }

    /// <summary>Whether the host is stopping and the engine takes no more requests.</summary>
    public bool IsStopping => _stopping;

    /// <summary>The options it was or will be loaded with.</summary>
    /// <exception cref="OptionsValidationException">They are not valid.</exception>
    public InferenceOptions Options => services.GetRequiredService<IOptionsMonitor<InferenceOptions>>().Get(name.Options);

    /// <summary>The engine, loaded and warm.</summary>
    /// <remarks>Blocks while it loads: services are created synchronously, those that take an engine perhaps before the host starts.</remarks>
    public InferenceEngine Engine => LoadAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Loads the engine, or waits for the load that is under way.</summary>
    /// <param name="cancellationToken">Gives loading up, for all.</param>
    public async Task<InferenceEngine> LoadAsync(CancellationToken cancellationToken)
    {
        Task<InferenceEngine> loading;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            loading = _loading ??= Task.Run(LoadAndWarmUpAsync, CancellationToken.None);
        }

        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _closing);
        return await loading.ConfigureAwait(false);
    }

    /// <summary>A chat client of the engine, as the options describe it.</summary>
    public IChatClient CreateChatClient()
    {
        InferenceEngine engine = Engine;
        InferenceOptions options = Options;
        return engine.AsChatClient(new ChatClientSettings { ModelId = options.ModelId, Generation = options.Generation, Template = _template });
    }

    /// <summary>Lets the engine finish what it has begun; what is not done when the token is cancelled is cancelled too.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        if (Loading is not { IsCompletedSuccessfully: true } loading)
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            return;
        }

        InferenceEngine engine = await loading.ConfigureAwait(false);
        try
        {
            await engine.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            EngineStatistics open = engine.Statistics;
            HostingMessages.StoppedEarly(_logger, name, open.Running + open.Waiting);
            await engine.StopAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<InferenceEngine>? loading;
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            loading = _loading;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (loading is not null)
        {
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (loading.IsCompletedSuccessfully)
                await (await loading.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    void IProgress<LoadProgress>.Report(LoadProgress value)
    {
        lock (_lock)
            _progress = value;
    }

    /// <summary>Where a path of the options leads.</summary>
    internal static string Resolve(string path, IServiceProvider services) =>
        services.GetService<IHostEnvironment>()?.ContentRootPath is { Length: > 0 } root ? Path.Combine(root, path) : Path.GetFullPath(path);

    private static ChatTemplate ReadTemplate(string path)
    {
        try
        {
            return ChatTemplate.Parse(File.ReadAllText(path));
        }
        catch (ChatTemplateException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }

    private async Task<InferenceEngine> LoadAndWarmUpAsync()
    {
        InferenceOptions options = Options;
        string path = Resolve(options.ModelPath!, services);
        EngineOptions setup = options.Engine with
        {
            LoggerFactory = options.Engine.LoggerFactory ?? services.GetService<ILoggerFactory>(),
            TimeProvider = options.Engine.TimeProvider ?? services.GetService<TimeProvider>(),
        };
        if (options.ChatTemplatePath is { } template)
            _template = new ChatTemplateOptions { Template = ReadTemplate(Resolve(template, services)) };
        HostingMessages.Loading(_logger, name, path);
        InferenceEngine engine = await InferenceEngine.LoadAsync(path, setup, this, _closing.Token).ConfigureAwait(false);
        try
        {
            if (options.WarmUp)
                await WarmUp.RunAsync(engine, options.Generation, _template, _logger, _closing.Token).ConfigureAwait(false);
            HostingMessages.Ready(_logger, name, engine.Model.Name);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}

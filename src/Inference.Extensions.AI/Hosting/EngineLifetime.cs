using Microsoft.Extensions.Hosting;

namespace Inference.Extensions.AI.Hosting;

/// <summary>Ties an engine to its host: loaded before any other service starts, drained when all others have stopped.</summary>
internal sealed class EngineLifetime(EngineSource source) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => source.LoadAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Not before: whoever serves callers stops first, and may have answers under way that need further requests.
    public Task StoppedAsync(CancellationToken cancellationToken) => source.StopAsync(cancellationToken);
}

using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Inference.Extensions.AI.Hosting;

/// <summary>Tells how an engine is doing: degraded while it loads or refuses for a full queue, unhealthy when it will not answer any more.</summary>
internal sealed class InferenceHealthCheck(EngineSource source) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        HealthStatus failure = context.Registration.FailureStatus;
        if (source.Loading is not { } loading)
            return HealthCheckResult.Degraded($"{source.Name} is not loaded yet.");
        if (!loading.IsCompleted)
            return HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"{source.Name} is loading: {source.Progress:P0} of the weights are there."));
        if (!loading.IsCompletedSuccessfully)
            return new HealthCheckResult(failure, $"{source.Name} could not be loaded.", loading.Exception?.InnerException);

        InferenceEngine engine = await loading.ConfigureAwait(false);
        EngineStatistics statistics = engine.Statistics;
        int places = engine.FreeQueuePlaces;
        var data = new Dictionary<string, object>
        {
            ["model"] = engine.Model.Name,
            ["device"] = engine.DeviceName,
            ["running"] = statistics.Running,
            ["waiting"] = statistics.Waiting,
            ["freeQueuePlaces"] = places,
            ["freeBlocks"] = statistics.FreeBlocks,
            ["totalBlocks"] = statistics.TotalBlocks,
            ["failedSteps"] = statistics.FailedSteps,
        };
        if (!engine.IsHealthy)
            return new HealthCheckResult(failure, engine.Failure is { } error ? $"{source.Name} has failed: {error.Message}" : $"{source.Name} is disposed.", engine.Failure, data);
        if (source.IsStopping)
            return new HealthCheckResult(failure, $"{source.Name} is stopping.", data: data);
        return places == 0
            ? HealthCheckResult.Degraded($"{source.Name} refuses requests: its queue is full.", data: data)
            : HealthCheckResult.Healthy($"{source.Name} answers.", data);
    }
}

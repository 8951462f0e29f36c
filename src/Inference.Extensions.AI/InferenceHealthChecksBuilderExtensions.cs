using Inference.Extensions.AI.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health checks of engines.</summary>
public static class InferenceHealthChecksBuilderExtensions
{
    /// <summary>Adds a health check of an engine.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="serviceKey">The engine's key; null for the one without.</param>
    /// <param name="name">The check's name. Null: "inference", or "inference:" and the key.</param>
    /// <param name="failureStatus">What to report when the engine does not answer any more. Null: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to choose checks by; null for none.</param>
    /// <returns>The health checks.</returns>
    /// <remarks>
    /// Degraded: the engine is not loaded yet, or refuses requests because its queue is full. Unhealthy: it could not be loaded, has failed,
    /// or is stopping. The check computes nothing. Its data say how many requests run and wait, and how much of the cache is free.
    /// </remarks>
    public static IHealthChecksBuilder AddInference(
        this IHealthChecksBuilder builder, string? serviceKey = null, string? name = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var engine = new EngineName(serviceKey);
        return builder.Add(new HealthCheckRegistration(
            name ?? (serviceKey is null ? "inference" : $"inference:{serviceKey}"),
            services => new InferenceHealthCheck(services.GetKeyedService<EngineSource>(engine) ?? throw new InvalidOperationException($"{engine} is not added; call AddInference or AddKeyedInference on the services.")),
            failureStatus,
            tags));
    }
}

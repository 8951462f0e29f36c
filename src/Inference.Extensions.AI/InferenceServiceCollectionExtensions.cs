using Inference;
using Inference.Extensions.AI;
using Inference.Extensions.AI.Configuration;
using Inference.Extensions.AI.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Engines as services of a host.</summary>
/// <remarks>
/// <para>An engine is there as <see cref="InferenceEngine"/> and as <see cref="IChatClient"/>, both singletons; those that were added with a key,
/// under this key. It is loaded and warmed up when the host starts, before any hosted service does, or when it is first asked for; a host whose
/// engine cannot be loaded does not start. When all hosted services have stopped, it finishes open requests for as long as the host's shutdown
/// timeout allows, and cancels what is left.</para>
/// <para>Options are validated at start: <see cref="OptionsValidationException"/> lists all that is wrong with them, keys of the configuration
/// that are unknown included.</para>
/// <para>To put middleware around a client, add the engine with a key and build the unkeyed client from the keyed one.</para>
/// <para>The container disposes the engine, which is an <see cref="IAsyncDisposable"/>: hosts do that; a container of your own needs
/// <c>await using</c>.</para>
/// </remarks>
public static class InferenceServiceCollectionExtensions
{
    /// <summary>Adds an engine that a section of a configuration describes.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section; its keys are the properties of <see cref="InferenceOptions"/>.</param>
    /// <param name="configure">Sets what a configuration cannot hold; runs after it. Null for nothing.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">An engine without a key was added already.</exception>
    public static IServiceCollection AddInference(this IServiceCollection services, IConfiguration configuration, Action<InferenceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Add(services, new EngineName(null), configuration, configure);
    }

    /// <summary>Adds an engine.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Says what to load, and how.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">An engine without a key was added already.</exception>
    public static IServiceCollection AddInference(this IServiceCollection services, Action<InferenceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, new EngineName(null), configuration: null, configure);
    }

    /// <summary>Adds an engine.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelPath">The model: see <see cref="InferenceOptions.ModelPath"/>.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">An engine without a key was added already.</exception>
    public static IServiceCollection AddInference(this IServiceCollection services, string modelPath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        return services.AddInference(options => options.ModelPath = modelPath);
    }

    /// <summary>Adds an engine under a key; there may be any number in a host.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; also the name of its <see cref="InferenceOptions"/>. Not empty.</param>
    /// <param name="configuration">The section; its keys are the properties of <see cref="InferenceOptions"/>.</param>
    /// <param name="configure">Sets what a configuration cannot hold; runs after it. Null for nothing.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">An engine with this key was added already.</exception>
    public static IServiceCollection AddKeyedInference(this IServiceCollection services, string serviceKey, IConfiguration configuration, Action<InferenceOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        ArgumentNullException.ThrowIfNull(configuration);
        return Add(services, new EngineName(serviceKey), configuration, configure);
    }

    /// <summary>Adds an engine under a key; there may be any number in a host.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; also the name of its <see cref="InferenceOptions"/>. Not empty.</param>
    /// <param name="configure">Says what to load, and how.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">An engine with this key was added already.</exception>
    public static IServiceCollection AddKeyedInference(this IServiceCollection services, string serviceKey, Action<InferenceOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, new EngineName(serviceKey), configuration: null, configure);
    }

    private static IServiceCollection Add(IServiceCollection services, EngineName name, IConfiguration? configuration, Action<InferenceOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(EngineSource) && name.Equals(service.ServiceKey)))
            throw new InvalidOperationException($"{name} is added already; add another one with AddKeyedInference and a key of its own.");

        OptionsBuilder<InferenceOptions> options = services.AddOptions<InferenceOptions>(name.Options).ValidateOnStart();
        if (configuration is not null)
            options.Configure(target => InferenceOptionTable.All.Read(target, new OptionValue((configuration as IConfigurationSection)?.Path ?? "", configuration, target.Errors)));
        if (configure is not null)
            options.Configure(configure);
        services.AddSingleton<IValidateOptions<InferenceOptions>>(provider => new InferenceOptionsValidator(name, provider));

        services.AddKeyedSingleton(name, (provider, _) => new EngineSource(name, provider));
        services.AddSingleton<IHostedService>(provider => new EngineLifetime(Source(provider)));
        if (name.Key is null)
        {
            services.AddSingleton(provider => Source(provider).Engine);
            services.AddSingleton(provider => Source(provider).CreateChatClient());
        }
        else
        {
            services.AddKeyedSingleton(name.Key, (provider, _) => Source(provider).Engine);
            services.AddKeyedSingleton(name.Key, (provider, _) => Source(provider).CreateChatClient());
        }

        return services;

        EngineSource Source(IServiceProvider provider) => provider.GetRequiredKeyedService<EngineSource>(name);
    }
}

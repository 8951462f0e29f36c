using Inference.Cpu;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Inference.Extensions.AI.Tests.Hosting;

/// <summary>What a health check tells through an engine's life.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Degraded_until_loaded_then_healthy_and_unhealthy_when_stopped()
    {
        using var model = new ModelFolder();
        using var gate = new ManualResetEventSlim();
        using var loading = new ManualResetEventSlim();
        var device = new DelegatingDevice(new CpuDevice(1, CpuKernels.Auto))
        {
            OnStep = (_, _) =>
            {
                loading.Set();
                gate.Wait();
            },
        };
        using IHost host = Build(options => (options.ModelPath, options.Engine) = (model.Path, new EngineOptions { Device = device }));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(host)).Status);
        Task starting = host.StartAsync();
        await Task.Run(loading.Wait);
        HealthReportEntry entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("loading", entry.Description, StringComparison.Ordinal);
        gate.Set();
        await starting;
        entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(0, entry.Data["running"]);
        await host.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task Degraded_while_the_queue_is_full()
    {
        using var model = new ModelFolder();
        using var gate = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        var device = new DelegatingDevice(new CpuDevice(1, CpuKernels.Auto))
        {
            OnStep = (_, _) =>
            {
                running.Set();
                gate.Wait();
            },
        };
        using IHost host = Build(options => (options.ModelPath, options.WarmUp, options.Engine) = (model.Path, false, new EngineOptions { Device = device, MaxSequences = 1, MaxQueuedRequests = 1 }));
        await host.StartAsync();
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        Generation first = engine.Submit("Once");
        await Task.Run(running.Wait);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
        Generation second = engine.Submit("Once");
        Assert.Throws<QueueFullException>(() => { engine.Submit("Once"); });
        HealthReportEntry entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal(0, entry.Data["freeQueuePlaces"]);
        first.Cancel();
        second.Cancel();
        gate.Set();
        await host.StopAsync();
    }

    [Fact]
    public async Task Unhealthy_after_a_failure_with_its_cause()
    {
        using var model = new ModelFolder();
        var clock = new FailingClock();
        using IHost host = Build(options => (options.ModelPath, options.Engine) = (model.Path, new EngineOptions { Threads = 1, TimeProvider = clock }), failureStatus: null);
        await host.StartAsync();
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        Generation victim = engine.Submit("Once", new GenerationOptions { IgnoreEndOfText = true });
        clock.Fails = true;
        await Assert.ThrowsAsync<EngineFailedException>(() => victim.Completion);
        HealthReportEntry entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.IsType<InvalidTimeZoneException>(entry.Exception);
        Assert.Contains("no time", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unhealthy_or_as_the_host_says_where_loading_failed()
    {
        using var model = new ModelFolder();
        await File.WriteAllTextAsync(Path.Combine(model.Path, "config.json"), "{}");
        using IHost host = Build(options => options.ModelPath = model.Path, HealthStatus.Degraded);
        await Assert.ThrowsAsync<Formats.ModelFormatException>(() => host.StartAsync());
        HealthReportEntry entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.IsType<Formats.ModelFormatException>(entry.Exception);
    }

    [Fact]
    public async Task A_check_of_an_engine_that_was_not_added_says_so()
    {
        await using ServiceProvider services = new ServiceCollection().AddLogging().AddHealthChecks().AddInference("missing").Services.BuildServiceProvider();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => services.GetRequiredService<HealthCheckService>().CheckHealthAsync());
        Assert.Contains("\"missing\"", error.Message, StringComparison.Ordinal);
    }

    private static IHost Build(Action<InferenceOptions> configure, HealthStatus? failureStatus = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddInference(configure);
        builder.Services.AddHealthChecks().AddInference(failureStatus: failureStatus, tags: ["ready"]);
        return builder.Build();
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains("ready"))).Entries["inference"];

    private sealed class FailingClock : TimeProvider
    {
        public volatile bool Fails;

        public override long GetTimestamp() => Fails ? throw new InvalidTimeZoneException("There is no time.") : base.GetTimestamp();
    }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Inference.Extensions.AI.Tests.Hosting;

/// <summary>Engines in a host: started, used, stopped, and refused.</summary>
public sealed class HostTests
{
    private static readonly ChatMessage[] _hello = [new(ChatRole.User, "Once upon a time")];

    [Fact]
    public async Task A_host_loads_warms_serves_and_stops()
    {
        using var model = new ModelFolder();
        using IHost host = Build(("Inference:ModelPath", model.Path), ("Inference:ModelId", "tiny"), ("Inference:Engine:Threads", "1"), ("Inference:Engine:ContextLength", "300"), ("Inference:Generation:MaxOutputTokens", "6"));
        await host.StartAsync();
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        Assert.Equal(300, engine.ContextLength);
        Assert.True(engine.Statistics.Steps > 0, "no warm-up");
        Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);

        var client = host.Services.GetRequiredService<IChatClient>();
        Assert.Same(client, host.Services.GetRequiredService<IChatClient>());
        Assert.Same(engine, client.GetService<InferenceEngine>());
        ChatResponse response = await client.GetResponseAsync(_hello, new ChatOptions { ModelId = "tiny", AdditionalProperties = new() { ["ignore_end_of_text"] = true } });
        Assert.Equal("tiny", response.ModelId);
        Assert.Equal(6, response.Usage!.OutputTokenCount);

        await host.StopAsync();
        await Assert.ThrowsAsync<EngineStoppedException>(() => client.GetResponseAsync(_hello));
        Assert.True(engine.IsHealthy);
        host.Dispose();
        Assert.False(engine.IsHealthy);
    }

    [Fact]
    public async Task A_model_that_is_not_there_keeps_the_host_from_starting()
    {
        using IHost host = Build(("Inference:ModelPath", "no/such/model.gguf"));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        string expected = Path.Combine(host.Services.GetRequiredService<IHostEnvironment>().ContentRootPath, "no/such/model.gguf");
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_model_keeps_the_host_from_starting()
    {
        using var model = new ModelFolder();
        string file = Path.Combine(model.Path, "broken.gguf");
        await File.WriteAllTextAsync(file, "GGUF and nothing else");
        using IHost host = Build(("Inference:ModelPath", file));
        var error = await Assert.ThrowsAsync<Formats.ModelFormatException>(() => host.StartAsync());
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<Formats.ModelFormatException>(() => Task.Run(() => host.Services.GetRequiredService<IChatClient>()));
    }

    [Fact]
    public async Task All_that_is_wrong_with_the_options_is_told_at_once()
    {
        using IHost host = Build(
            ("Inference:Modelpaht", "m"), ("Inference:Engine:Treads", "1"), ("Inference:Engine:MaxSequences", "many"), ("Inference:Engine:KvBlockSize", "7"), ("Inference:Generation:Temperature", "-1"));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(6, error.Failures.Count());
        foreach (string name in new[] { "Inference:Modelpaht", "Inference:Engine:Treads", "Inference:Engine:MaxSequences", "ModelPath is missing", "KvBlockSize", "Temperature" })
            Assert.Contains(error.Failures, failure => failure.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Defaults_that_no_request_can_have_keep_the_host_from_starting()
    {
        using var model = new ModelFolder();
        using IHost host = Build(("Inference:ModelPath", model.Path), ("Inference:Engine:Threads", "1"), ("Inference:Generation:LogitBias:2000000", "-1"));
        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => host.StartAsync());
        Assert.Contains("LogitBias", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_file_that_is_none_keeps_the_host_from_starting()
    {
        using var model = new ModelFolder();
        string path = Path.Combine(model.Path, "mine.jinja");
        await File.WriteAllTextAsync(path, "{% if %}");
        using IHost host = Build(("Inference:ModelPath", model.Path), ("Inference:ChatTemplatePath", path));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => host.StartAsync());
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relative_paths_begin_at_the_content_root()
    {
        using var model = new ModelFolder();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Path.GetDirectoryName(model.Path) });
        builder.Services.AddInference(options => (options.ModelPath, options.WarmUp, options.Engine) = (Path.GetFileName(model.Path), false, new EngineOptions { Threads = 1 }));
        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.Equal(0, host.Services.GetRequiredService<InferenceEngine>().Statistics.Steps);
        await host.StopAsync();
    }

    [Fact]
    public async Task The_engine_is_there_before_other_services_start_and_until_they_have_stopped()
    {
        using var model = new ModelFolder();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IHostedService, Witness>();
        builder.Services.AddInference(options => (options.ModelPath, options.Engine) = (model.Path, new EngineOptions { Threads = 1 }));
        using IHost host = builder.Build();
        await host.StartAsync();
        Witness witness = host.Services.GetServices<IHostedService>().OfType<Witness>().Single();
        Assert.Equal(1, witness.Answers);
        await host.StopAsync();
        Assert.Equal(2, witness.Answers);
    }

    [Fact]
    public async Task Several_engines_live_in_one_host_each_under_its_key()
    {
        using var model = new ModelFolder();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddKeyedInference("big", options => (options.ModelPath, options.ModelId, options.Engine) = (model.Path, "B", new EngineOptions { Threads = 1, ContextLength = 300 }));
        builder.Services.AddKeyedInference("small", options => (options.ModelPath, options.Engine) = (TestData.Stories260K, new EngineOptions { Threads = 1 }));
        // Middleware, as a host would put it around one of them.
        builder.Services.AddSingleton<IChatClient>(services => new DelegatingClient(services.GetRequiredKeyedService<IChatClient>("big")));
        using IHost host = builder.Build();
        await host.StartAsync();
        var big = host.Services.GetRequiredKeyedService<InferenceEngine>("big");
        var small = host.Services.GetRequiredKeyedService<InferenceEngine>("small");
        Assert.NotSame(big, small);
        Assert.Equal(300, big.ContextLength);
        Assert.Same(small, host.Services.GetRequiredKeyedService<IChatClient>("small").GetService<InferenceEngine>());
        var around = host.Services.GetRequiredService<IChatClient>();
        Assert.IsType<DelegatingClient>(around);
        Assert.Equal("B", (await around.GetResponseAsync(_hello, new ChatOptions { MaxOutputTokens = 3 })).ModelId);
        Assert.Null(host.Services.GetService<InferenceEngine>());
        await host.StopAsync();
    }

    [Fact]
    public void The_same_name_twice_is_refused()
    {
        var services = new ServiceCollection();
        services.AddInference("a").AddKeyedInference("k", options => options.ModelPath = "b");
        Assert.Throws<InvalidOperationException>(() => services.AddInference("c"));
        Assert.Contains("\"k\"", Assert.Throws<InvalidOperationException>(() => services.AddKeyedInference("k", _ => { })).Message, StringComparison.Ordinal);
        services.AddKeyedInference("K", _ => { });
    }

    [Fact]
    public async Task A_hosted_service_may_take_the_engine_in_its_constructor()
    {
        using var model = new ModelFolder();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService<Teller>();
        builder.Services.AddInference(options => (options.ModelPath, options.Engine) = (model.Path, new EngineOptions { Threads = 1 }));
        using IHost host = builder.Build();
        await host.StartAsync();
        Teller teller = host.Services.GetServices<IHostedService>().OfType<Teller>().Single();
        Assert.NotEmpty(await teller.Story.Task);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_container_without_a_host_loads_when_the_engine_is_asked_for()
    {
        using var model = new ModelFolder();
        InferenceEngine engine;
        await using (ServiceProvider services = new ServiceCollection().AddInference(model.Path).BuildServiceProvider())
        {
            engine = services.GetRequiredService<InferenceEngine>();
            Assert.NotEmpty((await services.GetRequiredService<IChatClient>().GetResponseAsync(_hello, new ChatOptions { MaxOutputTokens = 4 })).Text);
        }

        Assert.False(engine.IsHealthy);
    }

    [Fact]
    public async Task Open_requests_are_finished_when_the_host_stops()
    {
        using var model = new ModelFolder();
        using IHost host = Build(("Inference:ModelPath", model.Path), ("Inference:Engine:Threads", "1"));
        await host.StartAsync();
        var options = new GenerationOptions { MaxOutputTokens = 200, IgnoreEndOfText = true };
        Task<GenerationResult> open = host.Services.GetRequiredService<InferenceEngine>().Submit("Once", options).Completion;
        await host.StopAsync();
        Assert.Equal(200, (await open).Usage.OutputTokens);
    }

    [Fact]
    public async Task A_request_that_nobody_reads_does_not_hold_the_host_beyond_its_timeout()
    {
        using var model = new ModelFolder();
        using IHost host = Build(("Inference:ModelPath", model.Path), ("Inference:Engine:Threads", "1"), ("Inference:Engine:StreamCapacity", "2"));
        await host.StartAsync();
        Generation forgotten = host.Services.GetRequiredService<InferenceEngine>().Submit("Once", new GenerationOptions { IgnoreEndOfText = true });
        using var over = new CancellationTokenSource();
        Task stopping = host.StopAsync(over.Token);
        Assert.False(stopping.IsCompleted);
        await over.CancelAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(FinishReason.Cancelled, (await forgotten.Completion).FinishReason);
    }

    [Fact]
    public async Task The_hosts_shutdown_timeout_bounds_the_drain()
    {
        using var model = new ModelFolder();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(1));
        builder.Services.AddInference(options => (options.ModelPath, options.Engine) = (model.Path, new EngineOptions { Threads = 1, StreamCapacity = 2 }));
        using IHost host = builder.Build();
        await host.StartAsync();
        Generation forgotten = host.Services.GetRequiredService<InferenceEngine>().Submit("Once", new GenerationOptions { IgnoreEndOfText = true });
        await host.StopAsync();
        Assert.Equal(FinishReason.Cancelled, (await forgotten.Completion).FinishReason);
    }

    [Fact]
    public async Task A_start_that_is_given_up_gives_loading_up()
    {
        using var model = new ModelFolder();
        using IHost host = Build(("Inference:ModelPath", model.Path));
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync(given.Token));
    }

    [Fact]
    public async Task A_template_of_the_hosts_own_replaces_the_models()
    {
        using var model = new ModelFolder("{{ raise_exception('the model has a bad template') }}");
        string path = Path.Combine(model.Path, "mine.jinja");
        await File.WriteAllTextAsync(path, ModelFolder.PlainTemplate);
        using IHost host = Build(("Inference:ModelPath", model.Path), ("Inference:ChatTemplatePath", path), ("Inference:Engine:Threads", "1"));
        await host.StartAsync();
        Assert.NotEmpty((await host.Services.GetRequiredService<IChatClient>().GetResponseAsync(_hello, new ChatOptions { MaxOutputTokens = 4 })).Text);
        await host.StopAsync();
    }

    private static IHost Build(params (string Key, string Value)[] configuration)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(configuration.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        builder.Services.AddInference(builder.Configuration.GetSection("Inference"));
        return builder.Build();
    }

    private sealed class Witness(IServiceProvider services) : IHostedService
    {
        public int Answers { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => AskAsync();

        public Task StopAsync(CancellationToken cancellationToken) => AskAsync();

        private async Task AskAsync()
        {
            await services.GetRequiredService<IChatClient>().GetResponseAsync(_hello, new ChatOptions { MaxOutputTokens = 3 });
            Answers++;
        }
    }

    private sealed class DelegatingClient(IChatClient inner) : DelegatingChatClient(inner);

    private sealed class Teller(InferenceEngine engine) : BackgroundService
    {
        public TaskCompletionSource<string> Story { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            GenerationResult result = await engine.Submit("Once", new GenerationOptions { MaxOutputTokens = 5 }, stoppingToken).Completion;
            Story.SetResult(result.Text);
        }
    }
}

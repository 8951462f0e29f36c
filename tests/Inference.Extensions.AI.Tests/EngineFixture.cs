using Inference.Extensions.AI.Tests;
using Microsoft.Extensions.AI;

[assembly: AssemblyFixture(typeof(EngineFixture))]

namespace Inference.Extensions.AI.Tests;

/// <summary>An engine that tests share which only talk to it.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private readonly ModelFolder _model = new();

    public InferenceEngine Engine { get; private set; } = null!;

    public IChatClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Engine = await InferenceEngine.LoadAsync(_model.Path, new EngineOptions { Threads = 1, ContextLength = 512 });
        Client = Engine.AsChatClient();
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _model.Dispose();
    }
}

using Inference.Cpu;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests;

/// <summary>An engine whose model says what it is told to, one answer for each request in turn.</summary>
internal sealed class ScriptedModel : IAsyncDisposable
{
    private readonly Queue<int> _tokens = new();
    private readonly ModelFolder _folder;

    private ScriptedModel(ModelFolder folder) => _folder = folder;

    public InferenceEngine Engine { get; private set; } = null!;

    /// <summary>A client whose requests are sampled: the script is read from the logits.</summary>
    public IChatClient Client { get; private set; } = null!;

    /// <summary>Waits at every step, where set.</summary>
    public Action? OnStep { get; set; }

    public static async Task<ScriptedModel> LoadAsync(string template, params string[] answers)
    {
        var model = new ScriptedModel(new ModelFolder(template));
        var device = new DelegatingDevice(new CpuDevice(1, CpuKernels.Auto)) { OnRead = model.Say };
        device.OnStep = (_, _) => model.OnStep?.Invoke();
        model.Engine = await InferenceEngine.LoadAsync(model._folder.Path, new EngineOptions { Device = device, ContextLength = 2048 });
        model.Client = model.Engine.AsChatClient(new ChatClientSettings { Generation = new GenerationOptions { Temperature = 1, TopK = 1 } });
        foreach (int token in answers.SelectMany(answer => model.Engine.Tokenizer.Encode(answer, addSpecial: false).Append(model.Engine.Tokenizer.EndOfText!.Value)))
            model._tokens.Enqueue(token);
        return model;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _folder.Dispose();
    }

    private float[] Say(ReadOnlyMemory<float> logits)
    {
        var row = new float[logits.Length];
        row[_tokens.TryDequeue(out int token) ? token : Engine.Tokenizer.EndOfText!.Value] = 100;
        return row;
    }
}

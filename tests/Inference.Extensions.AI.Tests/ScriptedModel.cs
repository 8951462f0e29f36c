using Inference.Cpu;
using Inference.Templating;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests;

/// <summary>An engine whose model says what it is told to, one answer for each request in turn.</summary>
internal sealed class ScriptedModel : IAsyncDisposable
{
    private readonly Queue<int> _tokens = new();

    public InferenceEngine Engine { get; private set; } = null!;

    /// <summary>A client whose requests are sampled: the script is read from the logits.</summary>
    public IChatClient Client { get; private set; } = null!;

    /// <summary>Waits at every step, where set.</summary>
    public Action? OnStep { get; set; }

    public static async Task<ScriptedModel> LoadAsync(string template, params string[] answers)
    {
        var model = new ScriptedModel();
        var device = new DelegatingDevice(new CpuDevice(1, CpuKernels.Auto)) { OnRead = model.Say };
        device.OnStep = (_, _) => model.OnStep?.Invoke();
        model.Engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device, ContextLength = 2048 });
        model.Client = model.Engine.AsChatClient(new ChatClientSettings
        {
            Generation = new GenerationOptions { Temperature = 1, TopK = 1 },
            Template = new ChatTemplateOptions { Template = ChatTemplate.Parse(template) },
        });
        // The tokenizer puts a space before a text's first word; an answer has none.
        int line = model.Engine.Tokenizer.Encode("\n", addSpecial: false).Length;
        foreach (int token in answers.SelectMany(answer => model.Engine.Tokenizer.Encode($"\n{answer}", addSpecial: false)[line..].Append(model.Engine.Tokenizer.EndOfText!.Value)))
            model._tokens.Enqueue(token);
        return model;
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();

    private float[] Say(ReadOnlyMemory<float> logits)
    {
        var row = new float[logits.Length];
        row[_tokens.TryDequeue(out int token) ? token : Engine.Tokenizer.EndOfText!.Value] = 100;
        return row;
    }
}

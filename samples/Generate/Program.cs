using Inference;

// dotnet run -c Release --project samples/Generate [-- MODEL [PROMPT]]
// The model that ships with the sample was trained on 512 tokens of context; its file says 128.
string model = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "stories260K", "stories260K.gguf");
string prompt = args.Length > 1 ? args[1] : "Once upon a time";
var engineOptions = new EngineOptions { ContextLength = args.Length > 0 ? null : 512 };

try
{
    await using InferenceEngine engine = await InferenceEngine.LoadAsync(model, engineOptions);

    // The first request also compiles the code; the figures shown are those of a process that is warm.
    await engine.Submit("Hello", new() { MaxOutputTokens = 32 }).Completion;

    Generation generation = engine.Submit(prompt, new() { MaxOutputTokens = 256, Temperature = 0.8f, TopP = 0.95f, Seed = 7 });
    Console.Write(prompt);
    await foreach (GeneratedToken token in generation)
        Console.Write(token.Text);

    GenerationResult result = await generation.Completion;
    double perSecond = (result.Usage.OutputTokens - 1) / result.Timings.Decode.TotalSeconds;
    Console.WriteLine();
    Console.WriteLine();
    Console.WriteLine($"{result.Usage.OutputTokens} tokens at {perSecond:F0} tokens/s, time to first token {result.Timings.TimeToFirstToken.TotalMilliseconds:F1} ms ({engine.Model.Name}, {engine.DeviceName})");
    return 0;
}
catch (Exception error) when (error is InferenceException or IOException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}

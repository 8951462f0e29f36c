using Inference;
using Inference.Ilgpu;

// dotnet run -c Release --project samples/Gpu [-- ACCELERATOR [MODEL [PROMPT]]]
// ACCELERATOR is a name from the list, or Cuda, OpenCL or Cpu; the last, an emulation, is slow and has to be named. "" is the best card.
foreach (AcceleratorDescription found in IlgpuDevice.List())
    Console.WriteLine($"{found.Kind,-6}  {found.Name}");

string accelerator = args.Length > 0 ? args[0] : "";
string model = args.Length > 1 ? args[1] : Path.Combine(AppContext.BaseDirectory, "stories260K", "stories260K.gguf");
string prompt = args.Length > 2 ? args[2] : "Once upon a time";

try
{
    // The engine owns the device from here on.
    await using InferenceEngine engine = await InferenceEngine.LoadAsync(model, new()
    {
        Device = IlgpuDevice.Create(new() { Accelerators = accelerator.Length > 0 ? [accelerator] : [] }),
    });
    Console.WriteLine($"{engine.Model.Name} on {engine.DeviceName}");

    Generation generation = engine.Submit(prompt, new() { MaxOutputTokens = 40 });
    Console.Write(prompt);
    await foreach (GeneratedToken token in generation)
        Console.Write(token.Text);

    GenerationResult result = await generation.Completion;
    double perSecond = (result.Usage.OutputTokens - 1) / result.Timings.Decode.TotalSeconds;
    Console.WriteLine($"\n\n{perSecond:F1} tokens/s, time to first token {result.Timings.TimeToFirstToken.TotalMilliseconds:F0} ms, compiling kernels included");
    return 0;
}
catch (Exception error) when (error is InferenceException or IOException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}

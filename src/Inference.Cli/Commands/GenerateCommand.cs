using System.CommandLine;
using System.Globalization;
using Inference.Cpu;
using Inference.Tokenization;

namespace Inference.Cli.Commands;

/// <summary>Continues a text.</summary>
internal static class GenerateCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model();
        Option<string> prompt = new("--prompt") { Description = "The text to continue; '-' reads the standard input, byte for byte.", HelpName = "TEXT|-", Required = true };
        Option<int?> context = CommonOptions.Whole("--context", "N", "The most tokens, prompt and output together; the model's own limit where not given.", 2, int.MaxValue);
        Option<bool> noSpecial = new("--no-special") { Description = "Add no special tokens to the prompt." };
        Option<bool> parseSpecial = new("--parse-special") { Description = "Read special tokens that are spelled out in the prompt." };
        Option<int?> threads = CommonOptions.Threads();
        Option<CpuKernels> kernels = CommonOptions.Kernels();
        Option<bool> json = CommonOptions.Json();
        SamplingOptions sampling = new();
        Command command = new("generate", "Continues a text and streams what comes. Statistics go to the error stream.") { model, prompt };
        sampling.AddTo(command);
        command.Add(context);
        command.Add(noSpecial);
        command.Add(parseSpecial);
        command.Add(threads);
        command.Add(kernels);
        command.Add(json);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            GenerationOptions options = sampling.Read(arguments);
            byte[] text = await TextSource.ReadAsync(arguments.GetRequiredValue(prompt), terminal, cancellationToken);
            EngineOptions engineOptions = new() { Threads = CommonOptions.ThreadCount(arguments, threads), Kernels = arguments.GetValue(kernels), ContextLength = arguments.GetValue(context), MaxSequences = 1, WeightPacking = WeightPacking.Lazy };
            await using InferenceEngine engine = await EngineLoader.LoadAsync(arguments.GetRequiredValue(model), engineOptions, terminal, cancellationToken);
            int[] tokens = engine.Tokenizer.Encode(text, addSpecial: !arguments.GetValue(noSpecial), parseSpecial: arguments.GetValue(parseSpecial));
            Generation generation = await engine.SubmitAsync(tokens, options, cancellationToken);
            await GenerateAsync(generation, arguments.GetValue(json), terminal, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task GenerateAsync(Generation generation, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        await foreach (GeneratedToken token in generation.WithCancellation(cancellationToken))
        {
            if (json || token.Text.Length == 0)
                continue;
            await terminal.Output.WriteAsync(token.Text);
            await terminal.Output.FlushAsync(cancellationToken);
        }

        GenerationResult result = await generation.Completion;
        TimingReport timings = TimingReport.Of(result);
        if (json)
        {
            terminal.WriteJson(new Dictionary<string, object?>
            {
                ["promptTokens"] = generation.PromptTokens,
                ["tokens"] = result.Tokens,
                ["text"] = result.Text,
                ["finishReason"] = result.FinishReason.ToString().ToLowerInvariant(),
                ["stopSequence"] = result.StopSequence,
                ["seed"] = result.Seed,
                ["timings"] = timings.ForJson(),
            });
            return;
        }

        await terminal.Output.WriteLineAsync();
        terminal.Note(string.Create(CultureInfo.InvariantCulture, $"""
            {result.Usage.InputTokens} prompt tokens at {timings.PromptTokensPerSecond:F1}/s, {result.Usage.OutputTokens} tokens at {timings.DecodeTokensPerSecond:F1}/s, first after {timings.TimeToFirstTokenMs:F1} ms; ended by {result.FinishReason.ToString().ToLowerInvariant()}
            """));
    }
}

using System.CommandLine;
using Inference.Cli.Chatting;
using Inference.Cpu;

namespace Inference.Cli.Commands;

/// <summary>Talks with a model.</summary>
internal static class ChatCommand
{
    private const string Explanation = """
        Talks with a model. Each line of the input is a message; the answer streams to the output, figures go to the error stream.
        Ctrl+C stops the answer, and the program where none is under way. /reset forgets the conversation, /exit ends it.
        What the model thinks before it answers is shown, dimmed, on a terminal, and left out of files and pipes.
        A conversation that grows beyond the context loses its oldest turns. With --json, each answer is one line of JSON.
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model();
        Option<string?> system = new("--system") { Description = "Instructions to the model, before all messages.", HelpName = "TEXT" };
        Option<bool> noThink = new("--no-think") { Description = "Ask for answers without thinking first; refused where the model's template has no such switch." };
        Option<int?> context = CommonOptions.Whole("--context", "N", "The most tokens of the conversation; the model's own limit where not given.", 2, int.MaxValue);
        Option<int?> threads = CommonOptions.Threads();
        Option<CpuKernels> kernels = CommonOptions.Kernels();
        Option<bool> json = CommonOptions.Json();
        SamplingOptions sampling = new(maxTokens: null);
        Command command = new("chat", Explanation) { model, system, noThink };
        sampling.AddTo(command);
        foreach (Option option in (Option[])[context, threads, kernels, json])
            command.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            GenerationOptions options = sampling.Read(arguments) with { ContextPolicy = ContextPolicy.DropOldestTurns };
            // Before a model is loaded for nothing, and even where no message comes.
            options.Validate();
            EngineOptions engineOptions = new() { Threads = CommonOptions.ThreadCount(arguments, threads), Kernels = arguments.GetValue(kernels), ContextLength = arguments.GetValue(context), MaxSequences = 1 };
            await using InferenceEngine engine = await EngineLoader.LoadAsync(arguments.GetRequiredValue(model), engineOptions, terminal, cancellationToken);
            ChatTemplateOptions template = new() { EnableThinking = arguments.GetValue(noThink) ? false : null };
            return await new ChatSession(engine, terminal, options, template, arguments.GetValue(system), arguments.GetValue(json)).RunAsync(cancellationToken);
        });
        return command;
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Inference.Ceilings;

namespace Inference.Peers;

/// <summary>The command line.</summary>
internal static class PeersCommand
{
    private const string Explanation = """
        Runs the same GGUF files on this library and on llama.cpp, in alternation, in one process, on the same threads, and prints medians and ratios.
        A round in which other processes took more of the machine than --tolerance is run again, up to twice as many times as --rounds says.
        """;

    public static RootCommand Create()
    {
        Argument<string> library = new("LLAMA_CPP_FOLDER") { Description = $"The folder with libllama and libggml. {LlamaLibrary.HowToInstall}." };
        Argument<string[]> models = new("MODEL") { Description = "GGUF files.", Arity = ArgumentArity.OneOrMore };
        Option<int[]> threads = Numbers("--threads", "Threads; each number is a run of its own.", [1, 2], 1);
        Option<int[]> prompts = Numbers("--prompts", "Lengths of prompts; 0 for none.", [512, 4096], 0);
        Option<int[]> streams = Numbers("--streams", "Streams that decode at once: numbers and ranges, as in 1,2,4 or 1-32; 0 for none.", [1, 2, 4, 8, 16, 32], 0);
        Option<int[]> context = Numbers("--context", "Tokens before a single stream that decodes once more; 0 for none.", [4096], 0);
        Option<int[]> steps = Numbers("--steps", "Tokens that a single stream decodes; several decode half as many each.", [48], 2);
        Option<int[]> rounds = Numbers("--rounds", "Rounds that count.", [5], 1);
        Option<double> tolerance = new("--tolerance") { Description = "Processors that other processes may take in a round that counts.", DefaultValueFactory = _ => 0.05 };
        Option<string> command = new("--command") { Description = "The program started for the time to the first token.", DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "Inference.Cli.dll") };
        Option<bool> noStart = new("--no-start") { Description = "Start no processes." };
        Option<bool> json = new("--json") { Description = "Write JSON instead of a table." };
        RootCommand root = new(Explanation) { library, models, threads, prompts, streams, context, steps, rounds, tolerance, command, noStart, json, AgreeCommand.Create() };
        root.SetAction(async (arguments, cancellationToken) =>
        {
            var settings = new PeersSettings
            {
                Library = arguments.GetRequiredValue(library),
                Models = arguments.GetRequiredValue(models),
                Threads = arguments.GetRequiredValue(threads),
                Prompts = [.. arguments.GetRequiredValue(prompts).Where(n => n > 0)],
                Streams = [.. arguments.GetRequiredValue(streams).Where(n => n > 0)],
                Context = arguments.GetRequiredValue(context)[0],
                Steps = arguments.GetRequiredValue(steps)[0],
                Rounds = arguments.GetRequiredValue(rounds)[0],
                Tolerance = arguments.GetValue(tolerance),
                Command = arguments.GetValue(noStart) ? null : arguments.GetRequiredValue(command),
            };
            await RunAsync(settings, arguments.GetValue(json), cancellationToken);
            return 0;
        });
        return root;
    }

    private static async Task RunAsync(PeersSettings settings, bool json, CancellationToken cancellationToken)
    {
        // What is missing is said before minutes have been spent.
        LlamaLibrary.Load(settings.Library);
        foreach (string file in settings.Models.Append(settings.Command).OfType<string>())
        {
            if (!File.Exists(file))
                throw new PeerException($"There is no file {file}.");
        }

        using var memory = new MemoryReadRate();
        var outcomes = new List<Outcome>();
        foreach (string model in settings.Models)
        {
            foreach (int threads in settings.Threads)
            {
                cancellationToken.ThrowIfCancellationRequested();
                outcomes.AddRange(await new Comparison(settings, memory, model, threads, Console.Error).RunAsync());
            }
        }

        if (json)
            Report.WriteJson(outcomes, Console.Out);
        else
            Report.WriteMarkdown(outcomes, Console.Out);
    }

    private static Option<int[]> Numbers(string name, string description, int[] standard, int least) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = argument => Parse(argument, least),
    };

    private static int[] Parse(ArgumentResult argument, int least)
    {
        List<int> numbers = [];
        foreach (string part in argument.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            string[] ends = part.Split('-', 2);
            if (!TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last) || first < least || last < first || last > 1 << 20)
            {
                argument.AddError($"'{part}' is neither a number from {least} on nor a range of such numbers.");
                return [];
            }

            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return [.. numbers];
    }

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

using System.CommandLine;
using Inference.Cli.Quantization;
using Inference.Cli.Synthesis;

namespace Inference.Cli.Commands;

/// <summary>Makes models with random weights, to measure without downloads.</summary>
internal static class SynthesizeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> output = CommonOptions.Path(new Argument<string>("OUT") { Description = "The GGUF file to write; it appears whole or not at all." });
        Option<string> shape = new("--shape")
        {
            Description = $"{string.Join(", ", ModelShape.Known.Select(known => known.Name))}, or a JSON file with architecture, layers, width, feedForward, heads, keyValueHeads, headSize, vocabulary "
                + "and, where they differ from the defaults, tiedHead, ropeTheta, context, epsilon, llama3Scaling, window, experts, chosenExperts.",
            HelpName = "SHAPE",
            Required = true,
        };
        Option<string> type = new("--type") { Description = $"Type of the matrices: {WeightRecipe.Names}.", HelpName = "T", Required = true };
        Option<string> vocabulary = CommonOptions.Path(new Option<string>("--vocab") { Description = "Where the tokenizer comes from: a GGUF file or a tokenizer.json of byte-level BPE.", HelpName = "MODEL", Required = true });
        Option<ulong?> seed = CommonOptions.Whole<ulong>("--seed", "S", "Seed of the weights; the same seed gives the same file.", 0, ulong.MaxValue, 0);
        Option<bool> json = CommonOptions.Json();
        Command command = new("synthesize", "Writes a model of a real shape with random weights, for benchmarks.") { output, shape, type, vocabulary, seed, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            AtomicFile.CheckTarget(arguments.GetRequiredValue(output));
            WeightRecipe recipe = WeightRecipe.Parse(arguments.GetRequiredValue(type));
            ModelShape model = ModelShape.Load(arguments.GetRequiredValue(shape));
            VocabularyMetadata tokens = VocabularyMetadata.Load(arguments.GetRequiredValue(vocabulary));
            if (tokens.Count > model.Vocabulary)
            {
                terminal.Note($"The tokenizer has {tokens.Count} tokens, more than the shape's {model.Vocabulary}; the model gets the tokenizer's number.");
                model = model with { Vocabulary = tokens.Count };
            }

            string path = arguments.GetRequiredValue(output);
            await terminal.WithProgressAsync("Writing random weights", progress => Task.Run(
                () =>
                {
                    SyntheticModel.Write(path, model, recipe, tokens, arguments.GetValue(seed)!.Value, progress, cancellationToken);
                    return true;
                },
                cancellationToken));
            Report(path, model, tokens.Count, arguments.GetValue(json), terminal);
            return 0;
        });
        return command;
    }

    private static void Report(string path, ModelShape model, int tokens, bool json, Terminal terminal)
    {
        long bytes = new FileInfo(path).Length;
        if (json)
        {
            terminal.WriteJson(new Dictionary<string, object?>
            {
                ["file"] = path, ["bytes"] = bytes, ["shape"] = model.Name, ["architecture"] = model.Architecture,
                ["vocabularySize"] = model.Vocabulary, ["paddedTokens"] = model.Vocabulary - tokens,
            });
        }
        else
        {
            terminal.Note($"Wrote {path}: {bytes >> 20} MiB, {model.Vocabulary} tokens, {model.Vocabulary - tokens} of them padding.");
        }
    }
}

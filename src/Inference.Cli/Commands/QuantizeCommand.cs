using System.CommandLine;
using System.Globalization;
using Inference.Cli.Quantization;
using Inference.Formats;

namespace Inference.Cli.Commands;

/// <summary>Converts the weights of a model.</summary>
internal static class QuantizeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> input = CommonOptions.Path(new Argument<string>("IN") { Description = "The GGUF file to convert." });
        Argument<string> output = CommonOptions.Path(new Argument<string>("OUT") { Description = "The GGUF file to write; it appears whole or not at all." });
        Option<string> type = new("--type") { Description = $"Type of the matrices: {WeightRecipe.Names}. Vectors are written as F32.", HelpName = "T", Required = true };
        Option<bool> json = CommonOptions.Json();
        Command command = new("quantize", "Converts the weights of a GGUF file to another type.") { input, output, type, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            WeightRecipe recipe = WeightRecipe.Parse(arguments.GetRequiredValue(type));
            string from = arguments.GetRequiredValue(input);
            string to = arguments.GetRequiredValue(output);
            AtomicFile.CheckTarget(to);
            if (AtomicFile.RealPath(from) == AtomicFile.RealPath(to))
                throw new UserErrorException($"{from} cannot be written over while it is read; give another file to write.");

            using GgufFile source = GgufFile.Open(from);
            if (source.IsHeaderOnly || source.Tensors.Count == 0)
                throw new UserErrorException($"{from} holds no weights to convert.");
            IReadOnlyList<ConvertedTensor> converted = await terminal.WithProgressAsync("Converting", progress =>
                Task.Run(() => ModelQuantizer.Write(source, to, recipe, progress, cancellationToken), cancellationToken));
            Report(source, to, converted, arguments.GetValue(json), terminal);
            return 0;
        });
        return command;
    }

    private static void Report(GgufFile source, string to, IReadOnlyList<ConvertedTensor> converted, bool json, Terminal terminal)
    {
        ConvertedTensor[] others = [.. converted.Where(tensor => tensor.FellBackFrom is not null)];
        foreach (IGrouping<(TensorType?, TensorType, long), ConvertedTensor> group in others.GroupBy(tensor => (tensor.FellBackFrom, tensor.Type, tensor.Source.Columns)))
            terminal.Note($"{group.Count()} matrices with rows of {group.Key.Item3} do not divide into blocks of {group.Key.Item1} and became {group.Key.Item2}, {group.First().Source.Name} among them.");

        long before = source.ByteLength;
        long after = new FileInfo(to).Length;
        if (json)
        {
            terminal.WriteJson(new Dictionary<string, object?>
            {
                ["file"] = to, ["bytes"] = after, ["bytesBefore"] = before,
                ["types"] = converted.GroupBy(tensor => tensor.Type).ToDictionary(group => group.Key.ToString(), group => (object?)group.Count()),
                ["fellBack"] = others.Select(tensor => tensor.Source.Name),
            });
        }
        else
        {
            terminal.Note(string.Create(CultureInfo.InvariantCulture, $"Wrote {to}: {after / 1048576.0:F1} MiB, from {before / 1048576.0:F1} MiB."));
        }
    }
}

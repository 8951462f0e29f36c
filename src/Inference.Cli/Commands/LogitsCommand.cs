using System.Buffers.Binary;
using System.CommandLine;
using System.Numerics.Tensors;

namespace Inference.Cli.Commands;

/// <summary>The logits that follow given tokens.</summary>
internal static class LogitsCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model();
        Option<int[]> tokens = new("--tokens") { Description = "The token ids, separated by commas.", HelpName = "IDS", Required = true, CustomParser = NumberList.Parse };
        Option<string> output = CommonOptions.Path(new Option<string>("--out") { Description = "Where to write them: one little-endian 32-bit float for each token of the vocabulary.", HelpName = "FILE", Required = true });
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        Command command = new("logits", "Writes the logits at the last of some tokens.") { model, tokens, output, threads, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            int[] ids = arguments.GetRequiredValue(tokens);
            if (ids.Length == 0)
                throw new UserErrorException("--tokens needs at least one id.");

            string path = arguments.GetRequiredValue(output);
            AtomicFile.CheckFolder(path);
            EngineOptions options = new() { Threads = CommonOptions.ThreadCount(arguments, threads), MaxSequences = 1 };
            await using InferenceEngine engine = await EngineLoader.LoadAsync(arguments.GetRequiredValue(model), options, terminal, cancellationToken);
            TokenIds.Check(ids, engine.Model.VocabularySize);
            float[] logits = await engine.ComputeLogitsAsync(ids, cancellationToken);
            await AtomicFile.WriteAsync(path, unfinished => File.WriteAllBytesAsync(unfinished, LittleEndian(logits), cancellationToken));
            int mostProbable = TensorPrimitives.IndexOfMax(logits);
            if (arguments.GetValue(json))
                terminal.WriteJson(new Dictionary<string, object?> { ["vocabularySize"] = logits.Length, ["file"] = path, ["mostProbable"] = mostProbable });
            else
                terminal.Note($"Wrote {logits.Length} logits to {path}; token {mostProbable} is the most probable.");
            return 0;
        });
        return command;
    }

    private static byte[] LittleEndian(float[] values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }
}

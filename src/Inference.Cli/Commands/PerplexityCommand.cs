using System.CommandLine;
using System.Globalization;
using Inference.Cli.Evaluation;
using Inference.Cpu;

namespace Inference.Cli.Commands;

/// <summary>How well a model predicts a text.</summary>
internal static class PerplexityCommand
{
    private const string Explanation = """
        Measures how well a model predicts a text: the exponential of the mean negative log-likelihood of its tokens; lower is better.
        The text is cut into chunks of the context's length that do not overlap; a rest at the end is left out. In each chunk the tokens of the
        second half are scored, so that each has half a context before it or more. Where the model's texts begin with a token of their own, that
        replaces the first token of each chunk. These are the conventions of llama.cpp's tool of the same name. The standard error is that of the mean.
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model();
        Argument<string> file = CommonOptions.Path(new Argument<string>("FILE") { Description = "The text, as UTF-8; '-' reads the standard input." });
        Option<int?> context = CommonOptions.Whole("--context", "N", "Tokens of a chunk.", 4, 1 << 20, 512);
        Option<int?> chunks = CommonOptions.Whole("--chunks", "N", "Score the first N chunks only.", 1, int.MaxValue);
        Option<int?> batch = CommonOptions.Whole("--batch", "N", "Chunks that are computed at the same time; the result does not depend on it.", 1, 1024, 16);
        Option<int?> threads = CommonOptions.Threads();
        Option<CpuKernels> kernels = CommonOptions.Kernels();
        Option<bool> json = CommonOptions.Json();
        Command command = new("perplexity", Explanation) { model, file, context, chunks, batch, threads, kernels, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            int length = arguments.GetValue(context)!.Value;
            int together = arguments.GetValue(batch)!.Value;
            byte[] text = arguments.GetRequiredValue(file) is "-" ? await TextSource.ReadAsync("-", terminal, cancellationToken) : await File.ReadAllBytesAsync(arguments.GetRequiredValue(file), cancellationToken);
            EngineOptions options = new()
            {
                Threads = CommonOptions.ThreadCount(arguments, threads),
                Kernels = arguments.GetValue(kernels),
                ContextLength = length,
                MaxSequences = together,
                KvCacheTokens = (int)Math.Min((long)together * (length + 16), int.MaxValue / 2),
                PrefixCaching = false,
            };
            await using InferenceEngine engine = await EngineLoader.LoadAsync(arguments.GetRequiredValue(model), options, terminal, cancellationToken);
            Perplexity result = await terminal.WithProgressAsync("Scoring", progress => Perplexity.MeasureAsync(engine, text, length, arguments.GetValue(chunks), together, progress, cancellationToken));
            if (arguments.GetValue(json))
                terminal.WriteJson(ForJson(result, length));
            else
                await terminal.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"perplexity {result.Value:F4} ± {result.StandardError:F4} ({result.ScoredTokens} tokens of {result.Chunks} chunks of {length})"));
            return 0;
        });
        return command;
    }

    private static Dictionary<string, object?> ForJson(Perplexity result, int length) => new()
    {
        ["perplexity"] = result.Value,
        ["standardError"] = result.StandardError,
        ["negativeLogLikelihood"] = result.NegativeLogLikelihood,
        ["chunks"] = result.Chunks,
        ["contextTokens"] = length,
        ["scoredTokens"] = result.ScoredTokens,
    };
}

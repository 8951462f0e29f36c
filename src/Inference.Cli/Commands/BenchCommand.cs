using System.CommandLine;
using System.Globalization;
using Inference.Cli.Benchmarking;
using Inference.Cpu;

namespace Inference.Cli.Commands;

/// <summary>Measures speed at several batch sizes.</summary>
internal static class BenchCommand
{
    private const int MostTokens = 1 << 20;
    private const string Explanation = """
        Measures prompt processing and decoding at each batch size, through the public engine; figures are medians over the repeats.
        All streams of a batch arrive at once, with random prompts of their own. With --context, each stream's context is in the cache before its
        prompt arrives, as an earlier turn of a conversation is; otherwise the prefix cache is off.
        Prompt tokens/s: all prompts' tokens, those from the cache not counted, over the time from submission to the last stream's first token; streams that started earlier decode meanwhile.
        Decode tokens/s: tokens of all streams, counted only in the interval in which every stream decodes: from the last stream's first token until the
        first stream is through, long enough for --output-tokens of each. Time to first token: the median over streams, from submission.
        Peak memory: the most memory resident in the process so far, mapped model files included.
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Model();
        Option<int?> promptTokens = CommonOptions.Whole("--prompt-tokens", "N", "Length of each prompt, in tokens.", 1, MostTokens, 512);
        Option<int?> outputTokens = CommonOptions.Whole("--output-tokens", "N", "Tokens to decode for each stream.", 2, MostTokens, 128);
        Option<int?> context = CommonOptions.Whole("--context", "N", "Tokens that each stream has in the cache before its prompt.", 0, MostTokens, 0);
        Option<int[]> batches = new("--batch") { Description = "Streams at once; several sizes separated by commas.", HelpName = "SIZES", DefaultValueFactory = _ => [1, 2, 4, 8, 16, 32], CustomParser = NumberList.Parse };
        Option<int?> repeat = CommonOptions.Whole("--repeat", "N", "Runs of each batch size.", 1, 1000, 3);
        Option<int?> threads = CommonOptions.Threads();
        Option<CpuKernels> kernels = CommonOptions.Kernels();
        Option<bool> json = CommonOptions.Json();
        Command command = new("bench", Explanation) { model, promptTokens, outputTokens, context, batches, threads, kernels, repeat, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            int[] sizes = arguments.GetRequiredValue(batches);
            if (sizes.Length == 0 || sizes.Any(size => size is < 1 or > 1024))
                throw new UserErrorException("--batch takes sizes from 1 to 1024.");

            Workload workload = new(arguments.GetValue(promptTokens)!.Value, arguments.GetValue(outputTokens)!.Value, sizes.Max(), arguments.GetValue(context)!.Value);
            EngineOptions options = workload.EngineOptions(CommonOptions.ThreadCount(arguments, threads)) with { Kernels = arguments.GetValue(kernels) };
            string path = arguments.GetRequiredValue(model);
            await using InferenceEngine engine = await EngineLoader.LoadAsync(path, options, terminal, cancellationToken);
            BatchMeasurement[] results = await MeasureAsync(engine, workload, sizes, arguments.GetValue(repeat)!.Value, terminal, cancellationToken);
            if (arguments.GetValue(json))
                terminal.WriteJson(ForJson(path, engine, options, workload, results));
            else
                Write(results, terminal);
            return 0;
        });
        return command;
    }

    private static Task<BatchMeasurement[]> MeasureAsync(InferenceEngine engine, Workload workload, int[] sizes, int repeats, Terminal terminal, CancellationToken cancellationToken)
        => terminal.WithProgressAsync("Measuring", async progress =>
        {
            // Compiles and touches everything once.
            await BatchRun.MeasureAsync(engine, workload with { PromptTokens = Math.Min(32, workload.PromptTokens), OutputTokens = 8, ContextTokens = 0 }, 1, seed: -1, cancellationToken);
            BatchMeasurement[] results = new BatchMeasurement[sizes.Length];
            for (int i = 0; i < sizes.Length; i++)
            {
                List<BatchMeasurement> runs = [];
                for (int run = 0; run < repeats; run++)
                {
                    runs.Add(await BatchRun.MeasureAsync(engine, workload, sizes[i], seed: run, cancellationToken));
                    progress.Report((i + (run + 1.0) / repeats) / sizes.Length);
                }

                results[i] = BatchMeasurement.MedianOf(runs);
            }

            return results;
        });

    private static Dictionary<string, object?> ForJson(string path, InferenceEngine engine, EngineOptions options, Workload workload, BatchMeasurement[] results) => new()
    {
        ["model"] = path,
        ["device"] = engine.DeviceName,
        ["threads"] = options.Threads,
        ["promptTokens"] = workload.PromptTokens,
        ["outputTokens"] = workload.OutputTokens,
        ["contextTokens"] = workload.ContextTokens,
        ["results"] = results.Select(result => result.ForJson()),
    };

    private static void Write(BatchMeasurement[] results, Terminal terminal)
        => terminal.WriteTable(
            ["batch", "prompt tokens/s", "decode tokens/s", "first token ms", "peak MiB"],
            [.. results.Select(r => (string[])
            [
                Format(r.Batch, "F0"), Format(r.PromptTokensPerSecond, "F1"), Format(r.DecodeTokensPerSecond, "F1"), Format(r.TimeToFirstTokenMs, "F1"), Format(r.PeakMemoryBytes >> 20, "F0"),
            ])]);

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

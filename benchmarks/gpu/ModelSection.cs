using System.Diagnostics;
using System.Globalization;
using Inference.Execution;
using Inference.Formats;
using Inference.Tokenization;

namespace Inference.GpuBenchmark;

/// <summary>Whole models through the engine: prompts, and decoding in many streams.</summary>
internal sealed class ModelSection(Settings settings, Report report, double copyRate)
{
    /// <summary>Measures all models, each on a device of its own.</summary>
    public async Task RunAsync()
    {
        (ModelShape, TensorType)[] models = settings.Toy
            ? [(ModelShape.Toy, TensorType.F32), (ModelShape.Toy, TensorType.Q8_0)]
            : [(ModelShape.Llama1B, TensorType.Q8_0), (ModelShape.Llama1B, TensorType.Q4_K), (ModelShape.Llama8B, TensorType.Q8_0), (ModelShape.Llama8B, TensorType.BF16)];
        bool graphsMeasured = false;
        foreach ((ModelShape shape, TensorType type) in models)
        {
            using var model = new SyntheticModel(shape, type);
            await MeasureAsync(model, shape, type, useGraphs: true);
            // What graphs save: most where a step is shortest.
            if (!graphsMeasured)
                await MeasureAsync(model, shape, type, useGraphs: false);
            graphsMeasured = true;
        }
    }

    private async Task MeasureAsync(SyntheticModel model, ModelShape shape, TensorType type, bool useGraphs)
    {
        string name = $"{shape.Name} {type}{(useGraphs ? "" : " without graphs")}";
        int[] streams = settings.Toy ? [1, 3] : useGraphs ? [1, 8, 32, 128, 256] : [1, 8];
        int[] prompts = settings.Toy ? [20] : useGraphs ? [512, 2048, 8192] : [512];
        int steps = settings.Toy ? 6 : 128;
        const int Begun = 16;
        long start = Stopwatch.GetTimestamp();
        Device device = Devices.Create(settings, useGraphs);
        report.Add(new("start", $"{name} device", Stopwatch.GetElapsedTime(start).TotalSeconds, "s"));
        start = Stopwatch.GetTimestamp();
        await using InferenceEngine engine = model.Load(new()
        {
            Device = device,
            Tokenizer = Numbers(shape.Vocabulary),
            ContextLength = prompts.Max() + steps + Begun,
            KvCacheTokens = Math.Max(prompts.Max() + steps + Begun, streams.Max() * (steps + 2 * Begun)),
            MaxTokensPerStep = settings.Toy ? 16 : 4096,
            MaxSequences = streams.Max(),
            PrefixCaching = false,
        });
        double loaded = Stopwatch.GetElapsedTime(start).TotalSeconds;
        report.Add(new("start", $"{name} load", loaded, "s") { Note = string.Create(CultureInfo.InvariantCulture, $"{engine.Model.WeightBytes / loaded / 1e9:G3} GB/s of weights from memory") });
        (int kernels, TimeSpan compiling) = Devices.Compiled(device);
        if (kernels > 0)
            report.Add(new("start", $"{name} kernels compiled meanwhile", compiling.TotalSeconds, "s") { Note = string.Create(CultureInfo.InvariantCulture, $"{kernels} kernels, {compiling.TotalMilliseconds / kernels:F0} ms each") });
        // What is left to be made by the first request: the second shows how much that was.
        foreach (string request in (string[])["first request", "second request"])
            report.Add(new("start", $"{name} {request}", (await Complete(engine, Begun, 2)).Timings.Total.TotalSeconds, "s"));

        long bytes = BlockFormat.ByteLength(type, shape.Weights);
        double single = 0, most = 0;
        foreach (int count in streams)
        {
            most = await DecodeAsync(engine, count, Begun, steps);
            single = count == 1 ? most : single;
            report.Add(new("models", $"{name} decode streams={count}", most, "tokens/s")
            {
                Bound = count == 1 && copyRate > 0 ? copyRate / bytes : null,
                Target = count == 1 && useGraphs && shape == ModelShape.Llama8B && type == TensorType.Q8_0 ? 0.7 : null,
            });
        }

        report.Add(new("models", $"{name} decode streams={streams[^1]} over 1", most / single, Result.Ratio) { Target = streams[^1] == 256 ? 20 : null });
        foreach (int length in prompts)
        {
            double best = 0;
            for (int round = 0; round < (settings.Toy ? 1 : 3); round++)
                best = Math.Max(best, length / (await Complete(engine, length, 1)).Timings.Prefill.TotalSeconds);
            report.Add(new("models", $"{name} prompt tokens={length}", best, "tokens/s")
            {
                Note = string.Create(CultureInfo.InvariantCulture, $"{2 * shape.LayerWeights * best / 1e12:G3} TFLOP/s in matrices"),
            });
        }

        if (kernels > 0)
            report.Add(new("start", $"{name} requests compile nothing", Devices.Compiled(device).Kernels == kernels ? 1 : 0, Result.Pass) { Note = $"{Devices.Compiled(device).Kernels - kernels} kernels more" });
    }

    /// <summary>Tokens a second of all streams together: each one's after its first token.</summary>
    private async Task<double> DecodeAsync(InferenceEngine engine, int streams, int begun, int steps)
    {
        double best = 0;
        for (int round = 0; round < (settings.Toy ? 1 : 3); round++)
        {
            GenerationResult[] results = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => Complete(engine, begun, steps)));
            best = Math.Max(best, results.Sum(result => (steps - 1) / result.Timings.Decode.TotalSeconds));
        }

        return best;
    }

    private static Task<GenerationResult> Complete(InferenceEngine engine, int tokens, int outputs) =>
        engine.Submit(Prompt.FromTokens(RandomTokens(engine, tokens)), new() { MaxOutputTokens = outputs, IgnoreEndOfText = true }).Completion;

    private static int[] RandomTokens(InferenceEngine engine, int count)
    {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
            tokens[i] = Random.Shared.Next(engine.Model.VocabularySize);
        return tokens;
    }

    /// <summary>A vocabulary of numbers: nothing is encoded, and every token has some text.</summary>
    private static Tokenizer Numbers(int count)
    {
        byte[] text = " 0123"u8.ToArray();
        return Tokenizer.Create(new() { Encoder = (_, _) => [0], Tokens = [.. Enumerable.Repeat(new TokenDefinition(null, text), count)] });
    }
}

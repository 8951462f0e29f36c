using System.Globalization;
using Inference.Execution;
using Inference.Simulation.Costs;

namespace Inference.Simulation.Experiments;

/// <summary>Measures steps of many shapes on the real CPU device and fits a cost to them.</summary>
internal static class Calibration
{
    private const int BlockSize = 16;

    public static void Run(Arguments arguments, TextWriter output)
    {
        int threads = arguments.Whole("--threads", 2), context = arguments.Whole("--context", 1024, 64), repeats = arguments.Whole("--repeat", 5);
        arguments.RefuseOthers();
        CostFit fit = CostFit.To(Measure(arguments.File, threads, context, repeats));
        LinearCost cost = fit.Cost;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            step          {cost.Step * 1e6:F1} us
            prompt token  {cost.PromptToken * 1e6:F2} us
            decode row    {cost.DecodeRow * 1e6:F2} us
            prompt pair   {cost.PromptPair * 1e9:F3} ns
            decode read   {cost.DecodeRead * 1e9:F3} ns
            error         {100 * fit.MedianError:F1} % median, {100 * fit.LargestError:F1} % at most
            --cost {cost.Step:G4},{cost.PromptToken:G4},{cost.DecodeRow:G4},{cost.PromptPair:G4},{cost.DecodeRead:G4}
            """));
    }

    /// <summary>Steps with every combination of some decode rows and some prompt, at several contexts; of each the fastest of some repeats.</summary>
    public static MeasuredStep[] Measure(string model, int threads, int context, int repeats)
    {
        int[] rows = [0, 1, 4, 16, 64], prompts = [0, 32, 128, 448];
        int longest = Math.Max(context, prompts[^1]) + BlockSize;
        EngineOptions options = new() { Threads = threads, KvBlockSize = BlockSize, ContextLength = longest, MaxSequences = rows[^1] + 1, KvCacheTokens = (rows[^1] + 1) * longest };
        using LoadedModel loaded = ModelLoader.Load(model, options, null, CancellationToken.None);
        List<MeasuredStep> steps = [];
        StepBatch batch = new();
        foreach (int before in (int[])[0, context / 2, context - 1])
        {
            foreach (int row in rows)
            {
                foreach (int prompt in prompts.Where(prompt => prompt + row > 0 && before + prompt < longest))
                {
                    StepWork work = Fill(batch, row, prompt, before, longest, loaded.Model.VocabularySize);
                    double best = double.MaxValue;
                    for (int i = 0; i <= repeats; i++)
                        best = Math.Min(best, Time(loaded, batch));
                    steps.Add(new MeasuredStep(work, best));
                }
            }
        }

        return [.. steps];
    }

    private static double Time(LoadedModel loaded, StepBatch batch)
    {
        long start = TimeProvider.System.GetTimestamp();
        DeviceTensor logits = loaded.Model.Forward(batch, loaded.Cache);
        loaded.Device.ArgMax(logits);
        loaded.Device.ReadArgMax(new int[logits.Rows]);
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static StepWork Fill(StepBatch batch, int rows, int prompt, int before, int longest, int vocabulary)
    {
        batch.Clear();
        Random random = new(rows + (1000 * prompt) + before);
        int blocks = longest / BlockSize;
        StepWork work = default;
        for (int i = 0; i <= rows; i++)
        {
            int count = i < rows ? 1 : prompt;
            if (count == 0)
                continue;
            int[] tokens = [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
            batch.Add(tokens, before, [.. Enumerable.Range(i * blocks, (before + count + BlockSize - 1) / BlockSize)], wantsLogits: true);
            work = work.With(before, count);
        }

        return work;
    }
}

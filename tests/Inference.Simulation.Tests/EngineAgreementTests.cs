using Inference.Cpu;
using Inference.Scheduling;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;
using Inference.Tests;
using Inference.Tests.Engine;

namespace Inference.Simulation.Tests;

/// <summary>The simulator plans what the engine plans.</summary>
public class EngineAgreementTests
{
    private const int Vocabulary = 512;

    [Theory]
    [InlineData(8192, 512, 64)]
    [InlineData(8192, 48, 4)]
    [InlineData(256, 64, 8)]
    public async Task Steps_of_the_engine_and_of_the_simulator_are_the_same(int cacheTokens, int maxTokens, int maxSequences)
    {
        // One more arrives during every third step; some share prefixes, and the small cache preempts.
        Random random = new(cacheTokens + maxTokens);
        TraceRequest[] requests = [.. Enumerable.Range(0, 30).Select(i => new TraceRequest(
            i == 0 ? 0 : (i / 3 * 3 * Simulated.Second) + (Simulated.Second / 2),
            random.Next(1, 120),
            random.Next(1, 100)) { PrefixIds = i % 4 == 0 ? [7] : [] })];

        EngineShape shape = Simulated.Shape(new SchedulerOptions { MaxTokensPerStep = maxTokens, MaxSequences = maxSequences, MaxQueuedSequences = int.MaxValue }, cacheTokens);
        (RunSummary summary, List<(int Serial, int Start, int Count)[]> simulated) = Simulated.Run(shape, requests);
        Assert.Equal(requests.Length, summary.Requests);
        Assert.Equal(cacheTokens == 256, summary.Preemptions > 0);

        List<(int Start, int Count)[]> real = await RunEngineAsync(requests, cacheTokens, maxTokens, maxSequences);
        Assert.Equal(simulated.Select(step => string.Join(' ', step.Select(slice => (slice.Start, slice.Count)))), real.Select(step => string.Join(' ', step)));
    }

    private static async Task<List<(int, int)[]>> RunEngineAsync(TraceRequest[] requests, int cacheTokens, int maxTokens, int maxSequences)
    {
        List<(int, int)[]> steps = [];
        System.Collections.Concurrent.ConcurrentBag<Task<GenerationResult>> results = [];
        InferenceEngine? engine = null;
        int next = 0;
        void SubmitUntil(long time)
        {
            // The first step may begin before the first submission has returned.
            while (next < requests.Length && requests[next].Arrival < time)
            {
                TraceRequest request = requests[next];
                int[] prompt = new int[request.PromptTokens];
                request.WritePrompt(prompt, next++);
                for (int i = 0; i < prompt.Length; i++)
                    prompt[i] = ((prompt[i] * 7) & int.MaxValue) % Vocabulary;
                results.Add(engine!.Submit(prompt, new() { MaxOutputTokens = request.OutputTokens, IgnoreEndOfText = true }).Completion);
            }
        }

        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var device = new DelegatingDevice(new CpuDevice(1))
        {
            // On the engine's thread: what is submitted now is in the queue before the next plan.
            OnStep = (step, batch) =>
            {
                steps.Add([.. batch.Sequences.ToArray().Select(slice => (slice.FirstPosition, slice.RowCount))]);
                SubmitUntil((step + 1) * Simulated.Second);
                if (next == requests.Length)
                    all.TrySetResult();
            },
        };
        engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device, KvCacheTokens = cacheTokens, ContextLength = 256, MaxTokensPerStep = maxTokens, MaxSequences = maxSequences });
        await using (engine)
        {
            SubmitUntil(1);
            await all.Task;
            await Task.WhenAll(results);
        }

        return steps;
    }
}

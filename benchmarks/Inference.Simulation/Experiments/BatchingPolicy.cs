using Inference.Scheduling;

namespace Inference.Simulation.Experiments;

/// <summary>A way to form batches.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Apply">Sets engines up for it.</param>
internal sealed record BatchingPolicy(string Name, Func<EngineSetup, EngineSetup> Apply)
{
    /// <summary>The policies that the command line names, the first of them the one that others are compared with.</summary>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public static BatchingPolicy[] From(Arguments arguments, string standard)
    {
        long window = (long)(arguments.Number("--window", 0.05) * 1e9);
        int whole = arguments.Whole("--whole-prompt-tokens", 16_384);
        return [.. arguments.Texts("--batching", standard).Select(name => new BatchingPolicy(name, name switch
        {
            "continuous" => setup => setup,
            "static" => setup => setup.With(options => options with { Batching = BatchingMode.Static }),
            "windowed" => setup => setup.With(options => options with { Batching = BatchingMode.Windowed, BatchingWindow = window }),
            // A step must hold the longest prompt.
            "whole-prompts" => setup => setup.With(options => options with { ChunkedPrefill = false, MaxTokensPerStep = Math.Max(whole, options.MaxTokensPerStep) }),
            _ => throw new ArgumentException($"There is no batching '{name}'; there are continuous, static, windowed, whole-prompts."),
        }))];
    }
}

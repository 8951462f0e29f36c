namespace Inference.Cli;

/// <summary>Loads engines for commands.</summary>
internal static class EngineLoader
{
    public static Task<InferenceEngine> LoadAsync(string model, EngineOptions options, Terminal terminal, CancellationToken cancellationToken)
        => terminal.WithProgressAsync("Loading the model", async progress =>
            await InferenceEngine.LoadAsync(model, options, new LoadTarget(progress), cancellationToken));

    private sealed class LoadTarget(IProgress<double> target) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => target.Report(value.Fraction);
    }
}

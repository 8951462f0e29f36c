using Inference.Hub;

namespace Inference.Cli;

/// <summary>Loads engines for commands.</summary>
internal static class EngineLoader
{
    public static Task<InferenceEngine> LoadAsync(string model, EngineOptions options, Terminal terminal, CancellationToken cancellationToken)
        => terminal.WithProgressAsync("Loading the model", async progress =>
            await InferenceEngine.LoadAsync(await FindAsync(model, new ModelHubOptions(), cancellationToken), options, new LoadTarget(progress), cancellationToken));

    /// <summary>A path as it is; of <c>owner/name:quant</c>, which no file is called, where it was downloaded to. Nothing is fetched here.</summary>
    internal static async Task<string> FindAsync(string model, ModelHubOptions hub, CancellationToken cancellationToken)
    {
        if (!model.Contains(':', StringComparison.Ordinal) || model.Split(':')[0].Count(c => c == '/') != 1 || Path.Exists(model))
            return model;
        try
        {
            return (await ModelHub.DownloadAsync(model, hub with { Offline = true }, null, cancellationToken)).Path;
        }
        catch (HubNotFoundException)
        {
            throw new UserErrorException($"There is no file {model}, and no such model in the cache; 'inference download {model}' fetches it.");
        }
        // No name of the hub's either: the error about the path says it better.
        catch (ArgumentException)
        {
            return model;
        }
    }

    private sealed class LoadTarget(IProgress<double> target) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => target.Report(value.Fraction);
    }
}

using Inference.Formats;
using Inference.Hub;

namespace Inference;

/// <summary>Gets models from the Hugging Face hub, or one that speaks like it, into the cache that Python's huggingface_hub shares.</summary>
/// <remarks>
/// <code>
/// HubModel model = await ModelHub.DownloadAsync("owner/name:Q4_K_M");
/// await using InferenceEngine engine = await InferenceEngine.LoadAsync(model.Path);
/// </code>
/// What is in the cache is not fetched again. A download that breaks goes on where it broke, in this call or a later one; a file gets its
/// name only when its size and checksum are what the repository lists. Several calls and processes may fetch the same model at once: one
/// does, the others wait. All members are thread-safe.
/// </remarks>
public static class ModelHub
{
    private static readonly TimeSpan _longestStall = TimeSpan.FromDays(1);

    /// <summary>Fetches what is missing of a model, and says where it is.</summary>
    /// <param name="model">
    /// <c>owner/name</c> where the repository has a single GGUF model or, with none, a safetensors model. Behind a colon, which of several:
    /// a quantisation (<c>owner/name:Q4_K_M</c>) or a file (<c>owner/name:folder/file.gguf</c>); of a split model all parts come.
    /// </param>
    /// <param name="options">Where from, where to; null takes all from the environment.</param>
    /// <param name="progress">Told how far the download is, on the threads that download; up to a few thousand times a second.</param>
    /// <param name="cancellationToken">Ends the call. What has arrived stays for the next one.</param>
    /// <returns>The model's place in the cache, whole.</returns>
    /// <exception cref="ArgumentException"><paramref name="model"/>, an option or an environment variable is malformed.</exception>
    /// <exception cref="HubException">The model cannot be had; the derived type says why.</exception>
    /// <exception cref="ModelFormatException">The index of a safetensors model is malformed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static Task<HubModel> DownloadAsync(string model, ModelHubOptions? options = null, IProgress<HubProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        HubReference reference = HubReference.Parse(model);
        options ??= new ModelHubOptions();
        ArgumentNullException.ThrowIfNull(options.TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxAttempts, 100);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.StallTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.StallTimeout, _longestStall);
        HubSettings settings = new(options, options.Environment);
        // Reading what an earlier call left may take seconds.
        return Task.Run(() => new HubDownload(reference, settings, options, progress).RunAsync(cancellationToken), cancellationToken);
    }
}

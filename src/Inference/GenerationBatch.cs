using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Inference.Templating;

namespace Inference;

/// <summary>Many prompts through one engine, results as they come.</summary>
public static class GenerationBatch
{
    /// <summary>Generates from many prompts and yields each result when it is there, in whatever order they finish.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="prompts">The prompts; read as there is room for them, never far ahead. May be endless.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels all of them; the enumeration then throws <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// One outcome for each prompt, with the prompt's index. What goes wrong with one of them, such as a prompt that is too long, is its
    /// outcome's error, and the others go on.
    /// </returns>
    /// <remarks>
    /// At most twice as many requests as <see cref="EngineOptions.MaxSequences"/> are submitted, or finished and not yet yielded, at a time: enough to keep
    /// the engine busy while the results are read. They wait for places in the queue beside other callers. Leaving the enumeration cancels the rest.
    /// </remarks>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="EngineStoppedException">The engine is draining or has stopped, so that no more prompts can be submitted; those under way have been yielded.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed; those under way have been yielded.</exception>
    public static IAsyncEnumerable<GenerationOutcome> GenerateManyAsync(
        this InferenceEngine engine, IEnumerable<Prompt> prompts, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        return GenerateManyAsync(engine, prompts.ToAsyncEnumerable(), options, cancellationToken);
    }

    /// <inheritdoc cref="GenerateManyAsync(InferenceEngine, IEnumerable{Prompt}, GenerationOptions?, CancellationToken)"/>
    public static IAsyncEnumerable<GenerationOutcome> GenerateManyAsync(
        this InferenceEngine engine, IAsyncEnumerable<Prompt> prompts, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(prompts);
        options ??= new GenerationOptions();
        engine.Validate(options);
        return RunAsync(engine, prompts, options, cancellationToken);
    }

    private static async IAsyncEnumerable<GenerationOutcome> RunAsync(
        InferenceEngine engine, IAsyncEnumerable<Prompt> prompts, GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var places = new SemaphoreSlim(2 * engine.MaxSequences);
        Channel<GenerationOutcome> outcomes = Channel.CreateUnbounded<GenerationOutcome>();
        Task submitting = SubmitAllAsync(engine, prompts, options, places, outcomes.Writer, left.Token);
        try
        {
            await foreach (GenerationOutcome outcome in outcomes.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                places.Release();
                yield return outcome;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
            // Not before all have ended: the caller may dispose what the prompts come from.
            await submitting.ConfigureAwait(false);
        }
    }

    /// <summary>Never throws: what stops the batch completes the channel.</summary>
    private static async Task SubmitAllAsync(
        InferenceEngine engine, IAsyncEnumerable<Prompt> prompts, GenerationOptions options, SemaphoreSlim places, ChannelWriter<GenerationOutcome> outcomes, CancellationToken left)
    {
        var open = new List<Task>();
        Exception? stopped = null;
        try
        {
            int index = 0;
            // The options are fine, so a bad argument is the prompt's. Where the caller leaves while the prompts' source makes it wait, the source gets the token.
            await foreach (Prompt prompt in prompts.WithCancellation(left).ConfigureAwait(false))
            {
                await places.WaitAsync(left).ConfigureAwait(false);
                open.RemoveAll(static task => task.IsCompleted);
                open.Add(await SubmitAsync(engine, prompt, options, index++, outcomes, left).ConfigureAwait(false));
            }
        }
        catch (Exception error)
        {
            stopped = error;
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        outcomes.Complete(stopped);
    }

    /// <summary>Submits one.</summary>
    /// <returns>Once it is submitted: a task that ends with it.</returns>
    private static async Task<Task> SubmitAsync(
        InferenceEngine engine, Prompt prompt, GenerationOptions options, int index, ChannelWriter<GenerationOutcome> outcomes, CancellationToken left)
    {
        try
        {
            return ReportAsync(await engine.SubmitAsync(prompt, options, left).ConfigureAwait(false), index, outcomes);
        }
        catch (Exception error) when (error is (InferenceException and not EngineStoppedException) or ChatTemplateException or ArgumentException)
        {
            outcomes.TryWrite(new GenerationOutcome(index, null, error));
            return Task.CompletedTask;
        }
    }

    private static async Task ReportAsync(Generation generation, int index, ChannelWriter<GenerationOutcome> outcomes)
    {
        GenerationOutcome outcome;
        try
        {
            outcome = new GenerationOutcome(index, await generation.Completion.ConfigureAwait(false), null);
        }
        catch (InferenceException error)
        {
            outcome = new GenerationOutcome(index, null, error);
        }

        outcomes.TryWrite(outcome);
    }
}

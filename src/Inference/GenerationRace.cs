namespace Inference;

/// <summary>Races: several requests run side by side, the first that satisfies the caller is kept, the others are cancelled.</summary>
/// <remarks>
/// <para>Contenders may be different prompts, samples of one (<see cref="InferenceEngine.SubmitSamples"/>) or forks (<see cref="Generation.Fork"/>).
/// The blocks of those that lose are free within one step. A contender that fails has lost; its error is in its outcome. If none is accepted,
/// the result says so and has all outcomes.</para>
/// <para>The predicate is the caller's code: it is called by one thread at a time, never by the engine's. An exception in it ends the race, cancels
/// all contenders and is thrown to the caller alone. Cancelling the race cancels all contenders and throws <see cref="OperationCanceledException"/>.</para>
/// <para>The contenders belong to the race: they must not be enumerated elsewhere.</para>
/// </remarks>
public static class GenerationRace
{
    /// <summary>Waits for the first of several requests whose whole result is accepted.</summary>
    /// <param name="contenders">At least one, already submitted.</param>
    /// <param name="accept">Judges results as they come. Not asked about requests that were cancelled.</param>
    /// <param name="cancellationToken">Cancels the race.</param>
    /// <exception cref="ArgumentException">There are no contenders.</exception>
    public static Task<RaceResult> RaceAsync(this IReadOnlyList<Generation> contenders, Func<GenerationResult, bool> accept, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accept);
        return RunAsync(Entries(contenders), new Referee(accept, acceptText: null), cancellationToken);
    }

    /// <summary>Waits for the first of several requests whose text is accepted while it is streamed; that one then goes on to its end.</summary>
    /// <param name="contenders">At least one, already submitted and not enumerated.</param>
    /// <param name="acceptText">Judges a request's text so far, whenever there is more of it.</param>
    /// <param name="cancellationToken">Cancels the race.</param>
    /// <exception cref="ArgumentException">There are no contenders.</exception>
    /// <exception cref="InvalidOperationException">A contender is or was enumerated already.</exception>
    public static Task<RaceResult> RaceByTextAsync(this IReadOnlyList<Generation> contenders, Func<string, bool> acceptText, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(acceptText);
        return RunAsync(Entries(contenders), new Referee(accept: null, acceptText), cancellationToken);
    }

    /// <summary>Submits prompts and waits for the first whose whole result is accepted.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="prompts">At least one. Those for which the queue has no place wait for one.</param>
    /// <param name="accept">Judges results as they come. Not asked about requests that were cancelled.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the race.</param>
    /// <remarks>A prompt that is refused has lost; why is in its outcome.</remarks>
    /// <exception cref="ArgumentException">There are no prompts, or an option is out of its range.</exception>
    public static Task<RaceResult> RaceAsync(
        this InferenceEngine engine, IReadOnlyList<Prompt> prompts, Func<GenerationResult, bool> accept, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accept);
        return RunAsync(Entries(engine, prompts, options), new Referee(accept, acceptText: null), cancellationToken);
    }

    /// <summary>Submits prompts and waits for the first whose text is accepted while it is streamed; that one then goes on to its end.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="prompts">At least one. Those for which the queue has no place wait for one.</param>
    /// <param name="acceptText">Judges a request's text so far, whenever there is more of it.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the race.</param>
    /// <remarks>A prompt that is refused has lost; why is in its outcome.</remarks>
    /// <exception cref="ArgumentException">There are no prompts, or an option is out of its range.</exception>
    public static Task<RaceResult> RaceByTextAsync(
        this InferenceEngine engine, IReadOnlyList<Prompt> prompts, Func<string, bool> acceptText, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(acceptText);
        return RunAsync(Entries(engine, prompts, options), new Referee(accept: null, acceptText), cancellationToken);
    }

    private static async Task<RaceResult> RunAsync(Func<CancellationToken, Task<Generation>>[] entries, Referee referee, CancellationToken cancellationToken)
    {
        using (referee)
            return await referee.RunAsync(entries, cancellationToken).ConfigureAwait(false);
    }

    private static Func<CancellationToken, Task<Generation>>[] Entries(IReadOnlyList<Generation> contenders)
    {
        ArgumentNullException.ThrowIfNull(contenders);
        return [.. contenders.Select(contender => (Func<CancellationToken, Task<Generation>>)(_ => Task.FromResult(contender)))];
    }

    private static Func<CancellationToken, Task<Generation>>[] Entries(InferenceEngine engine, IReadOnlyList<Prompt> prompts, GenerationOptions? options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(prompts);
        return [.. prompts.Select(prompt => (Func<CancellationToken, Task<Generation>>)(token => engine.SubmitAsync(prompt, options, token)))];
    }
}

using System.Text;
using Inference.Diagnostics;
using Inference.Sampling;
using Inference.Tokenization;
using Microsoft.Extensions.Logging;

namespace Inference;

/// <summary>Turns what the loop computes into what callers receive: text, finish reasons, results, and their measurements.</summary>
/// <remarks>Called by the engine's thread alone, but for <see cref="Fail"/> after that thread has ended.</remarks>
internal sealed class RequestOutcome(Tokenizer tokenizer, EngineMeter meter, TimeProvider time, ILogger logger, QueuePlaces queuePlaces)
{
    /// <summary>Gives the request's place in the bounded queue to the next one.</summary>
    public void LeaveQueue(RequestState state)
    {
        if (!state.HoldsQueuePlace)
            return;
        state.HoldsQueuePlace = false;
        queuePlaces.Release(state.Options.TenantId);
    }

    /// <summary>Counts a request that joined another one's computation.</summary>
    public void Join() => meter.Coalesced();

    /// <summary>Adds a sampled token, already in the request's sequence, to its output.</summary>
    public GeneratedToken Append(RequestState state, SampledToken token, long now)
    {
        if (state.FirstToken < 0)
            state.FirstToken = now;
        state.LastToken = now;

        bool endOfText = !state.Options.IgnoreEndOfText && tokenizer.EndOfGeneration.Contains(token.Token);
        // A model's matrix may have more rows than its vocabulary has tokens; such ids have no text.
        bool hasText = !endOfText && token.Token < tokenizer.VocabularySize;
        string text = hasText ? state.Text.Append(token.Token) : "";
        FinishReason? reason = endOfText || state.Text.Stopped ? FinishReason.Stop
            : state.Sequence.Length >= state.Sequence.MaxLength ? FinishReason.Length
            : null;
        if (reason is not null && !state.Text.Stopped)
            text += state.Text.Flush();
        state.Output.Append(text);
        return new GeneratedToken(token.Token, text)
        {
            LogProbability = token.LogProbability,
            Alternatives = token.Top,
            Elapsed = time.GetElapsedTime(state.Submitted, now),
            FinishReason = reason,
        };
    }

    /// <summary>Gives all callers of a computation their result.</summary>
    public void End(RequestState state, FinishReason reason)
    {
        LeaveQueue(state);
        // What was held back as the possible start of a stop sequence belongs to the tokens of the result.
        if (reason is FinishReason.Deadline or FinishReason.Cancelled)
            state.Output.Append(state.Text.Flush());
        string text = state.Output.ToString();
        int[] tokens = state.Sequence.Tokens[state.Prompt.Length..].ToArray();
        for (int i = 0; i < state.Callers.Count; i++)
        {
            Generation caller = state.Callers[i];
            GenerationResult result = Conclude(state, caller, text, tokens, reason);
            if (i == 0)
                CountEnd(result, state.Pins ? "Pinned" : reason.ToString());
            else
                meter.EndedCoalesced(reason.ToString());
            Report(caller, result);
        }
    }

    /// <summary>Gives one caller, who leaves a computation to the others, what there is.</summary>
    public void Detach(RequestState state, Generation caller)
    {
        // The stream goes on with what it holds back: its text is had from a stream like it.
        var held = new TextStream(tokenizer, state.Options.StopSequences, state.Prompt);
        var text = new StringBuilder();
        foreach (GeneratedToken token in state.Streamed!)
            text.Append(token.Id < tokenizer.VocabularySize ? held.Append(token.Id) : "");
        text.Append(held.Flush());
        int[] tokens = state.Sequence.Tokens[state.Prompt.Length..].ToArray();
        meter.EndedCoalesced(nameof(FinishReason.Cancelled));
        Report(caller, Conclude(state, caller, text.ToString(), tokens, FinishReason.Cancelled));
    }

    /// <summary>Gives all callers of a computation an error.</summary>
    public void FailAll(RequestState state, InferenceException error)
    {
        foreach (Generation caller in state.Callers)
            Fail(caller, error);
    }

    public void Fail(Generation generation, InferenceException error)
    {
        LeaveQueue(generation.State);
        meter.Failed();
        LogMessages.RequestFailed(logger, error, generation.Id);
        generation.Fail(error);
    }

    private static GenerationUsage Count(RequestState state, int outputTokens) => new(state.Prompt.Length, state.Sequence.CachedTokens, outputTokens);

    private GenerationResult Conclude(RequestState state, Generation caller, string text, int[] tokens, FinishReason reason) =>
        new(text, tokens, reason, Count(state, tokens.Length), Measure(state, caller.Submitted), state.Seed)
        {
            StopSequence = state.Text.StopSequence,
            DroppedMessages = caller.DroppedMessages,
            Coalesced = caller.Coalesced,
        };

    private void CountEnd(GenerationResult result, string outcome)
    {
        (GenerationUsage usage, GenerationTimings timings) = (result.Usage, result.Timings);
        meter.Ended(outcome, usage.InputTokens, usage.CachedInputTokens, usage.OutputTokens, timings.Queue, timings.TimeToFirstToken, timings.Decode);
    }

    private void Report(Generation caller, GenerationResult result)
    {
        GenerationUsage usage = result.Usage;
        LogMessages.RequestEnded(logger, caller.Id, result.FinishReason.ToString(), usage.InputTokens, usage.CachedInputTokens, usage.OutputTokens, result.Timings.Total.TotalMilliseconds);
        caller.End(result);
    }

    /// <summary>Where the time went for a request submitted then: one that joined later spent none on what was over by its submission.</summary>
    private GenerationTimings Measure(RequestState state, long submitted)
    {
        long scheduled = state.Sequence.FirstScheduled;
        long now = time.GetTimestamp();
        TimeSpan queue = Between(submitted, scheduled < 0 ? now : scheduled);
        if (scheduled < 0)
            return new GenerationTimings(queue, TimeSpan.Zero, TimeSpan.Zero, 0);
        TimeSpan prefill = Between(Math.Max(scheduled, submitted), state.FirstToken < 0 ? now : state.FirstToken);
        TimeSpan decode = state.FirstToken < 0 ? TimeSpan.Zero : Between(Math.Max(state.FirstToken, submitted), state.LastToken);
        return new GenerationTimings(queue, prefill, decode, state.Sequence.Preemptions);
    }

    private TimeSpan Between(long start, long end) => end > start ? time.GetElapsedTime(start, end) : TimeSpan.Zero;
}

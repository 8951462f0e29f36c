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
    public void LeaveQueue(Generation generation)
    {
        if (!generation.State.HoldsQueuePlace)
            return;
        generation.State.HoldsQueuePlace = false;
        queuePlaces.Release(generation.State.Options.TenantId);
    }

    /// <summary>Adds a sampled token, already in the request's sequence, to its output.</summary>
    public GeneratedToken Append(Generation generation, SampledToken token, long now)
    {
        RequestState state = generation.State;
        if (state.FirstToken < 0)
            state.FirstToken = now;
        state.LastToken = now;

        bool endOfText = !state.Options.IgnoreEndOfText && tokenizer.EndOfGeneration.Contains(token.Token);
        // A model's matrix may have more rows than its vocabulary has tokens; such ids have no text.
        bool hasText = !endOfText && token.Token < tokenizer.VocabularySize;
        string text = hasText ? state.Text.Append(token.Token) : "";
        FinishReason? reason = endOfText || state.Text.Stopped ? FinishReason.Stop
            : generation.Sequence.Length >= generation.Sequence.MaxLength ? FinishReason.Length
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

    public void End(Generation generation, FinishReason reason)
    {
        LeaveQueue(generation);
        RequestState state = generation.State;
        // What was held back as the possible start of a stop sequence belongs to the tokens of the result.
        if (reason is FinishReason.Deadline or FinishReason.Cancelled)
            state.Output.Append(state.Text.Flush());
        GenerationTimings timings = Measure(generation);
        int outputTokens = generation.Sequence.Length - state.Prompt.Length;
        var usage = new GenerationUsage(state.Prompt.Length, generation.Sequence.CachedTokens, outputTokens);
        string outcome = reason.ToString();
        meter.Ended(outcome, usage.InputTokens, usage.CachedInputTokens, outputTokens, timings.Queue, timings.TimeToFirstToken, timings.Decode);
        LogMessages.RequestEnded(logger, generation.Id, outcome, usage.InputTokens, usage.CachedInputTokens, outputTokens, timings.Total.TotalMilliseconds);
        int[] tokens = generation.Sequence.Tokens[state.Prompt.Length..].ToArray();
        generation.End(new GenerationResult(state.Output.ToString(), tokens, reason, usage, timings, state.Seed) { StopSequence = state.Text.StopSequence });
    }

    public void Fail(Generation generation, InferenceException error)
    {
        LeaveQueue(generation);
        meter.Failed();
        LogMessages.RequestFailed(logger, error, generation.Id);
        generation.Fail(error);
    }

    private GenerationTimings Measure(Generation generation)
    {
        RequestState state = generation.State;
        long scheduled = generation.Sequence.FirstScheduled;
        long now = time.GetTimestamp();
        TimeSpan queue = time.GetElapsedTime(state.Submitted, scheduled < 0 ? now : scheduled);
        if (scheduled < 0)
            return new GenerationTimings(queue, TimeSpan.Zero, TimeSpan.Zero, 0);
        TimeSpan prefill = time.GetElapsedTime(scheduled, state.FirstToken < 0 ? now : state.FirstToken);
        TimeSpan decode = state.FirstToken < 0 ? TimeSpan.Zero : time.GetElapsedTime(state.FirstToken, state.LastToken);
        return new GenerationTimings(queue, prefill, decode, generation.Sequence.Preemptions);
    }
}

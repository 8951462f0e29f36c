using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inference.Sampling;
using Inference.Scheduling;
using Inference.Tokenization;

namespace Inference;

/// <summary>Makes requests, ready to be handed to the engine's thread.</summary>
/// <remarks>Safe to use from any thread.</remarks>
internal sealed class RequestFactory(LoadedModel loaded)
{
    private long _lastId;

    /// <exception cref="ContextLengthExceededException">There is no room for a token after the prompt.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Generation Create(InferenceEngine engine, EngineLoop loop, RequestDraft draft)
    {
        (int[] tokens, GenerationOptions options) = draft;
        if (tokens.Length >= loaded.ContextLength)
            throw new ContextLengthExceededException(tokens.Length, loaded.ContextLength);

        ulong seed = options.Seed ?? MemoryMarshal.Read<ulong>(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        SamplingParameters parameters = options.ToSampling(seed);
        parameters.Validate(loaded.Info.VocabularySize);
        int lineStart = draft.Origin?.LineStart ?? tokens.Length;
        ReadOnlySpan<int> line = tokens.AsSpan(lineStart);
        var sampler = new Sampler(parameters, loaded.Info.VocabularySize, tokens.AsSpan(0, lineStart));
        foreach (int token in line)
            sampler.Accept(token);

        long now = loaded.Time.GetTimestamp();
        var state = new RequestState
        {
            Sequence = Sequence(draft, now),
            Prompt = tokens,
            Options = options,
            Sampler = sampler,
            Text = Text(draft, tokens.AsSpan(0, lineStart), line),
            Seed = seed,
            Submitted = now,
            LineStart = lineStart,
            Key = options.CanCoalesce && draft.Origin is null && !draft.Pins ? new CoalescingKey(tokens, options) : null,
            // Blocks are shared within a salt alone.
            Origin = draft.Origin is { } origin && origin.Options.CacheSalt == options.CacheSalt ? origin.Sequence : null,
            Dropped = draft.Dropped,
            Pins = draft.Pins,
        };
        state.Sequence.Owner = state;
        return new Generation(engine, loop, state, loaded.Options.StreamCapacity);
    }

    private Sequence Sequence(RequestDraft draft, long now)
    {
        GenerationOptions options = draft.Options;
        double deadline = options.Deadline is { } most ? now + most.TotalSeconds * loaded.Time.TimestampFrequency : long.MaxValue;
        int outputs = draft.Pins ? 0 : options.MaxOutputTokens ?? loaded.ContextLength;
        int maxLength = (int)Math.Min(loaded.ContextLength, (long)draft.Tokens.Length + outputs);
        return new Sequence(Interlocked.Increment(ref _lastId), draft.Tokens, maxLength)
        {
            Priority = options.Priority,
            Tenant = options.TenantId,
            CacheSalt = options.CacheSalt,
            Deadline = deadline >= long.MaxValue ? long.MaxValue : (long)deadline,
        };
    }

    /// <summary>A stream that stands where the line of forks stands.</summary>
    private TextStream Text(RequestDraft draft, ReadOnlySpan<int> prompt, ReadOnlySpan<int> line)
    {
        Tokenizer tokenizer = loaded.Tokenizer;
        var text = new TextStream(tokenizer, draft.Options.StopSequences, prompt);
        if (line.IsEmpty)
            return text;

        if (draft.Options.StopSequences.SequenceEqual(draft.Origin!.Options.StopSequences))
        {
            foreach (int token in line)
            {
                if (token < tokenizer.VocabularySize)
                    text.Append(token);
            }

            if (!text.Stopped)
                return text;
            text = new TextStream(tokenizer, draft.Options.StopSequences, prompt);
        }

        foreach (int token in line)
        {
            if (token < tokenizer.VocabularySize)
                text.Skip(token);
        }

        return text;
    }
}

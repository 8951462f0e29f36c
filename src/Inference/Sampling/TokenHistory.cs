using System.Runtime.InteropServices;

namespace Inference.Sampling;

/// <summary>Which tokens a request has seen, and the penalties that follow.</summary>
/// <remarks>
/// As Hugging Face and vLLM do it: the repetition penalty counts prompt and output, frequency and presence penalties the output alone.
/// Memory grows with the number of distinct tokens, by doubling.
/// </remarks>
internal sealed class TokenHistory
{
    private readonly SamplingParameters _parameters;
    private readonly Dictionary<int, int> _outputCounts = [];

    public TokenHistory(SamplingParameters parameters, int vocabularySize, ReadOnlySpan<int> prompt)
    {
        _parameters = parameters;
        if (parameters.RepetitionPenalty == 1)
            return;

        foreach (int token in prompt)
        {
            if (token >= 0 && token < vocabularySize)
                _outputCounts.TryAdd(token, 0);
        }
    }

    /// <summary>Notes a token of the output.</summary>
    public void Add(int token) => CollectionsMarshal.GetValueRefOrAddDefault(_outputCounts, token, out _)++;

    /// <summary>Penalises the logits of all tokens seen.</summary>
    public void Penalize(Span<float> logits)
    {
        float repetition = _parameters.RepetitionPenalty;
        foreach ((int token, int count) in _outputCounts)
        {
            ref float logit = ref logits[token];
            logit = logit > 0 ? logit / repetition : logit * repetition;
            if (count > 0)
                logit -= count * _parameters.FrequencyPenalty + _parameters.PresencePenalty;
        }
    }
}

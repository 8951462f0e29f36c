using System.CommandLine;

namespace Inference.Cli;

/// <summary>The options that say how tokens are chosen and when to stop.</summary>
/// <param name="maxTokens">The most tokens to generate unless told otherwise; null for as many as the context has room for.</param>
internal sealed class SamplingOptions(int? maxTokens = 256)
{
    private readonly Option<int?> _maxTokens = CommonOptions.Whole("--max-tokens", "N", "The most tokens to generate; the context may end it earlier.", 1, int.MaxValue, maxTokens);
    private readonly Option<float> _temperature = CommonOptions.Number("--temperature", "T", 0, "0 takes the most probable token; higher is more varied.");
    private readonly Option<int?> _topK = CommonOptions.Whole("--top-k", "K", "Choose among the K most probable tokens; 0 is off.", 0, int.MaxValue, 0);
    private readonly Option<float> _topP = CommonOptions.Number("--top-p", "P", 1, "Choose among the most probable tokens whose probabilities reach P; 1 is off.");
    private readonly Option<float> _minP = CommonOptions.Number("--min-p", "P", 0, "Choose among tokens at least P times as probable as the best; 0 is off.");
    private readonly Option<float> _repetition = CommonOptions.Number("--repetition-penalty", "R", 1, "Divides logits of tokens seen before; 1 is off.");
    private readonly Option<float> _frequency = CommonOptions.Number("--frequency-penalty", "F", 0, "Subtracted for each time a token was generated; 0 is off.");
    private readonly Option<float> _presence = CommonOptions.Number("--presence-penalty", "F", 0, "Subtracted if a token was generated; 0 is off.");
    private readonly Option<ulong?> _seed = CommonOptions.Whole<ulong>("--seed", "S", "Seed of the random numbers; the same seed gives the same text. Drawn at random where not given.", 0, ulong.MaxValue);
    private readonly Option<string[]> _stop = new("--stop") { Description = "End where this text comes up; may be given several times.", HelpName = "TEXT", DefaultValueFactory = _ => [] };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_maxTokens, _temperature, _seed, _topK, _topP, _minP, _repetition, _frequency, _presence, _stop])
            command.Add(option);
    }

    public GenerationOptions Read(ParseResult arguments) => new()
    {
        MaxOutputTokens = arguments.GetValue(_maxTokens),
        Temperature = arguments.GetValue(_temperature),
        TopK = arguments.GetValue(_topK) ?? 0,
        TopP = arguments.GetValue(_topP),
        MinP = arguments.GetValue(_minP),
        RepetitionPenalty = arguments.GetValue(_repetition),
        FrequencyPenalty = arguments.GetValue(_frequency),
        PresencePenalty = arguments.GetValue(_presence),
        Seed = arguments.GetValue(_seed),
        StopSequences = arguments.GetValue(_stop) ?? [],
    };
}

using System.Globalization;

namespace Inference.Extensions.AI.Configuration;

/// <summary>What of <see cref="GenerationOptions"/> can be set by name: all of it.</summary>
internal static class GenerationOptionTable
{
    /// <summary>What <see cref="Microsoft.Extensions.AI.ChatOptions"/> has fields of its own for.</summary>
    private static readonly OptionTable<GenerationOptions> _common = new()
    {
        { nameof(GenerationOptions.MaxOutputTokens), (o, v) => o with { MaxOutputTokens = v.ReadOptional<int>() } },
        { nameof(GenerationOptions.Temperature), (o, v) => o with { Temperature = v.Read<float>() } },
        { nameof(GenerationOptions.TopK), (o, v) => o with { TopK = v.Read<int>() } },
        { nameof(GenerationOptions.TopP), (o, v) => o with { TopP = v.Read<float>() } },
        { nameof(GenerationOptions.FrequencyPenalty), (o, v) => o with { FrequencyPenalty = v.Read<float>() } },
        { nameof(GenerationOptions.PresencePenalty), (o, v) => o with { PresencePenalty = v.Read<float>() } },
        { nameof(GenerationOptions.Seed), (o, v) => o with { Seed = v.ReadOptional<ulong>() } },
        { nameof(GenerationOptions.StopSequences), (o, v) => o with { StopSequences = v.ReadTexts() } },
    };

    /// <summary>The rest.</summary>
    public static OptionTable<GenerationOptions> Additional { get; } = new()
    {
        { nameof(GenerationOptions.MinP), (o, v) => o with { MinP = v.Read<float>() } },
        { nameof(GenerationOptions.RepetitionPenalty), (o, v) => o with { RepetitionPenalty = v.Read<float>() } },
        { nameof(GenerationOptions.LogitBias), (o, v) => o with { LogitBias = ReadBias(v) } },
        { nameof(GenerationOptions.LogProbabilities), (o, v) => o with { LogProbabilities = v.ReadOptional<int>() } },
        { nameof(GenerationOptions.Priority), (o, v) => o with { Priority = v.Read<int>() } },
        { nameof(GenerationOptions.Deadline), (o, v) => o with { Deadline = v.ReadOptional<TimeSpan>() } },
        { nameof(GenerationOptions.CacheSalt), (o, v) => o with { CacheSalt = v.IsNull ? null : v.ReadText() } },
        { nameof(GenerationOptions.TenantId), (o, v) => o with { TenantId = v.IsNull ? null : v.ReadText() } },
        { nameof(GenerationOptions.ContextPolicy), (o, v) => o with { ContextPolicy = ReadPolicy(v) } },
        { nameof(GenerationOptions.Coalesce), (o, v) => o with { Coalesce = v.Read<bool>() } },
        { nameof(GenerationOptions.IgnoreEndOfText), (o, v) => o with { IgnoreEndOfText = v.Read<bool>() } },
    };

    /// <summary>Both.</summary>
    public static OptionTable<GenerationOptions> All { get; } = Join(_common, Additional);

    private static OptionTable<GenerationOptions> Join(params ReadOnlySpan<OptionTable<GenerationOptions>> tables)
    {
        var all = new OptionTable<GenerationOptions>();
        foreach (OptionTable<GenerationOptions> table in tables)
            all.AddFrom(table, options => options, (_, options) => options);
        return all;
    }

    private static Dictionary<int, float>? ReadBias(OptionValue value)
    {
        if (value.IsNull)
            return null;
        if (value.Value is IEnumerable<KeyValuePair<int, float>> typed)
            return new Dictionary<int, float>(typed);
        var bias = new Dictionary<int, float>();
        foreach ((string name, OptionValue member) in value.ReadMembers())
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int token))
                bias[token] = member.Read<float>();
            else
                value.Errors.Invalid.Add($"{member.Path}: \"{name}\" is not a token id.");
        }

        return bias;
    }

    private static ContextPolicy ReadPolicy(OptionValue value)
    {
        const string Window = nameof(ContextPolicy.SlidingWindow) + "(";
        if (value.Value is ContextPolicy policy)
            return policy;
        string? text = value.ReadText();
        if (text is not null && OptionNames.Comparer.Equals(text, nameof(ContextPolicy.DropOldestTurns)))
            return ContextPolicy.DropOldestTurns;
        if (text is not null && text.StartsWith(Window, StringComparison.OrdinalIgnoreCase) && text.EndsWith(')')
            && int.TryParse(text.AsSpan(Window.Length..^1), NumberStyles.None, CultureInfo.InvariantCulture, out int turns) && turns >= 1)
            return ContextPolicy.SlidingWindow(turns);
        if (text is not null && !OptionNames.Comparer.Equals(text, nameof(ContextPolicy.Refuse)))
            value.Refuse(text, "Refuse, DropOldestTurns or SlidingWindow(turns)");
        return ContextPolicy.Refuse;
    }
}

using Inference.Extensions.AI.Configuration;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>What requests may ask for by <see cref="ChatOptions.AdditionalProperties"/>.</summary>
internal static class AdditionalOptions
{
    private static readonly OptionTable<(GenerationOptions Generation, ChatTemplateOptions Template)> _table = CreateTable();

    /// <summary>The options with the additional ones set.</summary>
    /// <exception cref="NotSupportedException">A key is not known; the message names it.</exception>
    /// <exception cref="ArgumentException">A value is none that its option can have.</exception>
    public static (GenerationOptions Generation, ChatTemplateOptions Template) Apply(AdditionalPropertiesDictionary? properties, GenerationOptions generation, ChatTemplateOptions template)
    {
        if (properties is not { Count: > 0 })
            return (generation, template);
        var errors = new OptionErrors();
        (GenerationOptions, ChatTemplateOptions) options = _table.Read((generation, template), new OptionValue("ChatOptions.AdditionalProperties", properties, errors));
        if (errors.Unknown is [var unknown, ..])
            throw new NotSupportedException(unknown);
        if (errors.Invalid is [var invalid, ..])
            throw new ArgumentException(invalid);
        return options;
    }

    private static OptionTable<(GenerationOptions Generation, ChatTemplateOptions Template)> CreateTable()
    {
        var table = new OptionTable<(GenerationOptions Generation, ChatTemplateOptions Template)>
        {
            { "EnableThinking", (o, v) => (o.Generation, o.Template with { EnableThinking = v.ReadOptional<bool>() }) },
            { "ContinueFinalMessage", (o, v) => (o.Generation, o.Template with { ContinueFinalMessage = v.Read<bool>() }) },
            { "ChatTemplateKwargs", (o, v) => (o.Generation, o.Template with { Variables = ReadVariables(o.Template.Variables, v) }) },
        };
        table.AddFrom(GenerationOptionTable.Additional, o => o.Generation, (o, generation) => (generation, o.Template));
        return table;
    }

    private static Dictionary<string, object?> ReadVariables(IReadOnlyDictionary<string, object?> defaults, OptionValue value)
    {
        var variables = new Dictionary<string, object?>(defaults);
        foreach ((string name, OptionValue member) in value.ReadMembers())
            variables[name] = member.Value;
        return variables;
    }
}

using System.Text.Json;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference;

/// <summary>Renders conversations by the chat templates that a model brings.</summary>
/// <remarks>Safe to use from any thread.</remarks>
internal sealed class ConversationRenderer(Tokenizer tokenizer, string modelName)
{
    /// <summary>Variables that are special tokens by their names.</summary>
    private static readonly string[] _specialTokens = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Lazy<ChatTemplate?> _template = new(() => Parse(tokenizer.ChatTemplate));
    private readonly Lazy<ChatTemplate?> _toolTemplate = new(() => Parse(tokenizer.ToolChatTemplate));

    /// <summary>Renders messages.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="options">What the template is told besides.</param>
    /// <returns>The whole prompt. Only what the template itself spells, and what stands for special tokens among its variables, parses special tokens: whatever a message or a tool says is text.</returns>
    /// <exception cref="ChatTemplateMissingException">The model has no template and the options give none.</exception>
    /// <exception cref="ChatTemplateOptionException">The template does not know of something that is given.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the messages.</exception>
    /// <exception cref="InvalidPromptException">A call's arguments or a tool's parameters are no JSON object, or the last message cannot be continued.</exception>
    public IReadOnlyList<TextSegment> Render(IReadOnlyList<Message> messages, ChatTemplateOptions options)
    {
        ChatTemplate template = Choose(options) ?? throw new ChatTemplateMissingException(modelName);
        if (options.ContinueFinalMessage)
            messages = FinalMessage.Mark(messages);
        var variables = new Dictionary<string, object?>
        {
            ["messages"] = TemplateVariables.Of(messages, template),
            ["add_generation_prompt"] = options.AddGenerationPrompt && !options.ContinueFinalMessage,
            ["bos_token"] = Spelling(tokenizer.BeginOfText),
            ["eos_token"] = Spelling(tokenizer.EndOfText),
        };
        AddOptions(variables, template, options);
        IReadOnlyList<TextSegment> segments = template.RenderSegments(variables, options.Now);
        return options.ContinueFinalMessage ? FinalMessage.Cut(segments) : segments;
    }

    private static ChatTemplate? Parse(string? source) => source is null ? null : ChatTemplate.Parse(source);

    /// <summary>Some models have a template of their own for conversations with tools.</summary>
    private ChatTemplate? Choose(ChatTemplateOptions options) =>
        options.Template ?? (options.Tools.Count > 0 || options.Variables.ContainsKey("tools") ? _toolTemplate.Value : null) ?? _template.Value;

    private object Spelling(int? token) => TemplateText.Own(token is int id ? tokenizer.TokenText(id) ?? "" : "");

    private static void AddOptions(Dictionary<string, object?> variables, ChatTemplate template, ChatTemplateOptions options)
    {
        if (options.Tools.Count > 0)
        {
            Require(template.Reads("tools"), nameof(options.Tools), "it does not read the variable 'tools'");
            variables["tools"] = options.Tools.Select(object? (tool) => TemplateVariables.Of(tool)).ToList();
        }

        if (options.EnableThinking is bool thinks)
        {
            // A few templates know the switch by the shorter name alone.
            string name = template.Reads("enable_thinking") ? "enable_thinking" : "thinking";
            Require(template.Reads(name), nameof(options.EnableThinking), "it does not read the variable 'enable_thinking'");
            variables[name] = thinks;
        }

        foreach ((string name, object? value) in options.Variables)
        {
            Require(template.Reads(name), $"{nameof(options.Variables)}[{name}]", "it does not read that variable");
            variables[name] = _specialTokens.Contains(name) ? Special(value) : value;
        }
    }

    private static object? Special(object? value) => value switch
    {
        string text => TemplateText.Own(text),
        JsonElement { ValueKind: JsonValueKind.String } json => TemplateText.Own(json.GetString()!),
        _ => value,
    };

    private static void Require(bool holds, string option, string reason)
    {
        if (!holds)
            throw new ChatTemplateOptionException(option, reason);
    }
}

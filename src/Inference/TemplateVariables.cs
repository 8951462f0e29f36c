using System.Text.Json;
using Inference.Templating;

namespace Inference;

/// <summary>What a chat template sees of a conversation, in the shape that Hugging Face's <c>apply_chat_template</c> gives it.</summary>
internal static class TemplateVariables
{
    /// <summary>The names that templates know reasoning by.</summary>
    private static readonly string[] _reasoningNames = ["reasoning_content", "reasoning", "thinking"];

    /// <summary>The messages as dicts.</summary>
    /// <exception cref="InvalidPromptException">A call's arguments are no JSON object.</exception>
    /// <exception cref="ChatTemplateOptionException">Tools are called and the template does not know of that.</exception>
    public static List<object?> Of(IReadOnlyList<Message> messages, ChatTemplate template) => [.. messages.Select(message => Of(message, template))];

    /// <summary>A tool as the OpenAI API describes functions.</summary>
    /// <exception cref="InvalidPromptException">Its parameters are no JSON object.</exception>
    public static Dictionary<string, object?> Of(ToolDefinition tool)
    {
        if (tool.Parameters.ValueKind != JsonValueKind.Object)
            throw new InvalidPromptException($"The parameters of the tool '{tool.Name}' are no JSON object.");
        return new Dictionary<string, object?>
        {
            ["type"] = "function",
            ["function"] = new Dictionary<string, object?> { ["name"] = tool.Name, ["description"] = tool.Description, ["parameters"] = tool.Parameters },
        };
    }

    private static Dictionary<string, object?> Of(Message message, ChatTemplate template)
    {
        var variables = new Dictionary<string, object?> { ["role"] = Role(message.Role), ["content"] = message.Content };
        if (message.Reasoning is { } reasoning)
        {
            foreach (string name in _reasoningNames.Where(template.Mentions))
                variables[name] = reasoning;
        }

        if (message.Name is { } speaker)
            variables["name"] = speaker;
        if (message.ToolCallId is { } id)
            variables["tool_call_id"] = id;
        if (message.ToolCalls.Count > 0)
            AddCalls(variables, message, template);
        return variables;
    }

    /// <summary>
    /// Some templates put a mark together from the role, as <c>'&lt;|' + role + '|&gt;'</c>; so a role that is a name counts as the
    /// template's word. Whoever chooses it speaks as anyone all the same.
    /// </summary>
    private static object Role(string role) => role.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? TemplateText.Own(role) : role;

    private static void AddCalls(Dictionary<string, object?> variables, Message message, ChatTemplate template)
    {
        if (!template.Mentions("tool_calls"))
            throw new ChatTemplateOptionException(nameof(Message.ToolCalls), "it does not read the calls of a message");
        ToolCallForm form = template.ToolCalls;
        variables["tool_calls"] = message.ToolCalls.Select(object? (call) => Call(call, form)).ToList();
        if (message.Content.Length == 0 && form.EmptyContentIsNone)
            variables["content"] = null;
    }

    private static Dictionary<string, object?> Call(ToolCall call, ToolCallForm form)
    {
        JsonElement arguments = ParseArguments(call);
        return new Dictionary<string, object?>
        {
            ["id"] = call.Id,
            ["type"] = "function",
            ["function"] = new Dictionary<string, object?> { ["name"] = call.Name, ["arguments"] = form.ArgumentsAreText ? call.Arguments : arguments },
        };
    }

    private static JsonElement ParseArguments(ToolCall call)
    {
        try
        {
            JsonElement arguments = JsonElement.Parse(call.Arguments);
            if (arguments.ValueKind == JsonValueKind.Object)
                return arguments;
        }
        catch (JsonException)
        {
            // Told below, without the parser's words.
        }

        throw new InvalidPromptException($"The arguments of the call '{call.Id}' of the tool '{call.Name}' are no JSON object.");
    }
}

using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>Conversations in the engine's terms.</summary>
internal static class MessageTranslation
{
    /// <summary>Translates the messages of one request.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="instructions">What begins the conversation's system message; it is made where there is none. Null for nothing.</param>
    /// <exception cref="NotSupportedException">A message has a content that the model cannot be shown.</exception>
    public static List<Message> Read(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var translated = new List<Message>();
        var calls = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ChatMessage message in messages)
        {
            if (message is null)
                throw new ArgumentException("The messages hold null.", nameof(messages));
            Read(message, calls, translated);
        }

        if (!string.IsNullOrEmpty(instructions))
        {
            // Chat templates give one system message its place, the first; a second would be refused by some and lost by others.
            if (translated is [{ Role: "system" } system, ..])
                translated[0] = system with { Content = system.Content.Length == 0 ? instructions : $"{instructions}\n\n{system.Content}" };
            else
                translated.Insert(0, new Message("system", instructions));
        }

        return translated;
    }

    private static void Read(ChatMessage message, Dictionary<string, string> calls, List<Message> translated)
    {
        var text = new StringBuilder();
        StringBuilder? reasoning = null;
        List<ToolCall> toolCalls = [];
        List<Message> results = [];
        bool hasText = false;
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent said:
                    text.Append(said.Text);
                    hasText |= said.Text.Length > 0;
                    break;
                case TextReasoningContent thought when message.Role == ChatRole.Assistant:
                    if (thought.ProtectedData is not null)
                        throw new NotSupportedException("TextReasoningContent.ProtectedData cannot be read by this client; it comes from another one.");
                    (reasoning ??= new StringBuilder()).Append(thought.Text);
                    break;
                case FunctionCallContent call when message.Role == ChatRole.Assistant:
                    calls[call.CallId] = call.Name;
                    toolCalls.Add(new ToolCall(call.CallId, call.Name, ToolTexts.Arguments(call)));
                    break;
                case FunctionResultContent result when message.Role == ChatRole.Tool:
                    results.Add(new Message("tool", ToolTexts.Result(result)) { ToolCallId = result.CallId, Name = calls.GetValueOrDefault(result.CallId) });
                    break;
                case null:
                    throw new ArgumentException("ChatMessage.Contents holds null.", nameof(message));
                default:
                    throw new NotSupportedException($"{content.GetType().Name} in a message of the role \"{message.Role}\" is not supported; the model reads text, an assistant's reasoning and tool calls, and a tool's results.");
            }
        }

        translated.AddRange(results);
        // A tool's message is its results; one that has text instead of them speaks for a tool whose call is not known.
        if (results.Count > 0 && !hasText)
            return;
        translated.Add(new Message(message.Role.Value, text.ToString())
        {
            Name = message.AuthorName,
            Reasoning = reasoning?.ToString(),
            ToolCalls = toolCalls,
        });
    }
}

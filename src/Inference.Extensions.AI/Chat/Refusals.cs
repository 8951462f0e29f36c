using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>The fields of <see cref="ChatOptions"/> that cannot be honoured: better refused than ignored.</summary>
internal static class Refusals
{
    /// <exception cref="NotSupportedException">A field asks for what there is not; the message names it.</exception>
    public static void Check(ChatOptions options, string modelId)
    {
        Refuse(options.ConversationId is not null, nameof(options.ConversationId), "the client keeps no conversations; send all messages each time");
        Refuse(options.ModelId is { } asked && asked != modelId, nameof(options.ModelId), $"the engine has loaded \"{modelId}\", not \"{options.ModelId}\"");
        Refuse(options.ResponseFormat is not (null or ChatResponseFormatText), nameof(options.ResponseFormat), "answers are text; no format can be guaranteed");
        Refuse(
            options.ToolMode is not (null or AutoChatToolMode or NoneChatToolMode),
            nameof(options.ToolMode),
            "the model decides whether it calls a tool; it cannot be made to (ChatToolMode.Auto and None are supported)");
        Refuse(options.Reasoning?.Output is not (null or ReasoningOutput.Full or ReasoningOutput.None), "Reasoning.Output", "reasoning is given whole or not at all; ask for Full or None");
#pragma warning disable MEAI001 // Experimental, and refused: a caller who uses them should hear of it.
        Refuse(options.AllowBackgroundResponses is true, nameof(options.AllowBackgroundResponses), "answers are generated while the caller waits");
        Refuse(options.ContinuationToken is not null, nameof(options.ContinuationToken), "answers are generated while the caller waits, none can be come back to");
#pragma warning restore MEAI001
    }

    private static void Refuse(bool isAsked, string field, string reason)
    {
        if (isAsked)
            throw new NotSupportedException($"ChatOptions.{field} is not supported here: {reason}.");
    }
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>Writes the pieces of one answer as updates of one message.</summary>
internal sealed class UpdateWriter(string modelId, bool showsReasoning)
{
    private static readonly JsonTypeInfo<IDictionary<string, object?>> _arguments =
        (JsonTypeInfo<IDictionary<string, object?>>)AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>));

    private readonly string _responseId = Guid.NewGuid().ToString("N");
    private readonly string _messageId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;
    private bool _calledTools;

    /// <summary>The update for a piece; null where there is nothing to tell.</summary>
    public ChatResponseUpdate? Write(ChatPiece piece)
    {
        _calledTools |= piece.ToolCall is not null;
        AIContent? content = piece switch
        {
            { ToolCall: { } call } => Write(call),
            // Log-probabilities may come with a piece that has no text.
            { Text: "", Tokens: [] } => null,
            { Kind: ChatPieceKind.Reasoning } => showsReasoning ? new TextReasoningContent(piece.Text) : null,
            _ => new TextContent(piece.Text),
        };
        if (content is null)
            return null;
        ChatResponseUpdate update = Create(content);
        update.RawRepresentation = piece;
        return update;
    }

    /// <summary>The last update: how the answer ended, and what it took.</summary>
    public ChatResponseUpdate WriteEnd(ChatResult result)
    {
        GenerationUsage usage = result.Generation.Usage;
        ChatResponseUpdate update = Create(new UsageContent(new UsageDetails
        {
            InputTokenCount = usage.InputTokens,
            OutputTokenCount = usage.OutputTokens,
            TotalTokenCount = (long)usage.InputTokens + usage.OutputTokens,
            CachedInputTokenCount = usage.CachedInputTokens,
            ReasoningTokenCount = result.ReasoningTokens,
        }));
        update.FinishReason = Translate(result.Generation.FinishReason);
        update.AdditionalProperties = new AdditionalPropertiesDictionary { ["seed"] = result.Generation.Seed };
        update.RawRepresentation = result;
        return update;
    }

    private ChatResponseUpdate Create(AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = _responseId,
        MessageId = _messageId,
        CreatedAt = _createdAt,
        ModelId = modelId,
    };

    private ChatFinishReason Translate(FinishReason reason) => reason switch
    {
        FinishReason.Length => ChatFinishReason.Length,
        FinishReason.Deadline => new ChatFinishReason("deadline"),
        // Cancelled is what an answer ends with that was broken off after its one call.
        _ => _calledTools ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    private static FunctionCallContent Write(ToolCall call)
    {
        FunctionCallContent content = FunctionCallContent.CreateFromParsedArguments(call.Arguments, call.Id, call.Name, static json => JsonSerializer.Deserialize(json, _arguments));
        content.RawRepresentation = call;
        return content;
    }
}

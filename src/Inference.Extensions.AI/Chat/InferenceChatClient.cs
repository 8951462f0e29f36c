using System.Runtime.CompilerServices;
using Inference.Templating;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>An engine, spoken to as <see cref="IChatClient"/>.</summary>
internal sealed class InferenceChatClient : IChatClient, IAsyncDisposable
{
    private readonly InferenceEngine _engine;
    private readonly ChatClientSettings _settings;
    private readonly ChatClientMetadata _metadata;
    private readonly Lazy<ChatTemplate?> _template;

    public InferenceChatClient(InferenceEngine engine, ChatClientSettings settings)
    {
        _engine = engine;
        _settings = settings with { ModelId = settings.ModelId ?? engine.Model.Name, Template = settings.Template with { Tools = [] } };
        _metadata = new ChatClientMetadata("inference", providerUri: null, _settings.ModelId);
        _template = new(() => settings.Template.Template ?? (engine.Tokenizer.ChatTemplate is { } source ? ChatTemplate.Parse(source) : null));
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatRequest request = Read(messages, options);
        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in StreamAsync(request, cancellationToken).ConfigureAwait(false))
            updates.Add(update);
        ChatResponse response = updates.ToChatResponse();
        ChatResponseUpdate end = updates[^1];
        response.RawRepresentation = end.RawRepresentation;
        response.AdditionalProperties = end.AdditionalProperties;
        return response;
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(Read(messages, options), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_engine) ? _engine
            : null;
    }

    public void Dispose()
    {
        if (_settings.OwnsEngine)
            _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    public ValueTask DisposeAsync() => _settings.OwnsEngine ? _engine.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>Read at once, not when the enumeration starts: by then the caller may have changed both for the next request.</summary>
    private ChatRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return ChatRequest.Read(messages, options, this, _settings, () => _template.Value);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var updates = new UpdateWriter(_settings.ModelId!, request.ShowsReasoning);
        ChatGeneration answer = _engine.SubmitChat(request.Messages, request.Generation, request.Template, cancellationToken);
        await foreach (ChatPiece piece in answer.ConfigureAwait(false))
        {
            if (updates.Write(piece) is { } update)
                yield return update;
            // Whatever else the model would say was not asked for; leaving the enumeration ends the request.
            if (piece.ToolCall is not null && !request.AllowsManyCalls)
                break;
        }

        yield return updates.WriteEnd(await answer.Completion.ConfigureAwait(false));
    }
}

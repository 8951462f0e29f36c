using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inference.Dialects;

namespace Inference;

/// <content>Conversations: answers with their reasoning and tool calls told apart.</content>
public sealed partial class InferenceEngine
{
    /// <summary>Answers a conversation: submits the request when the enumeration starts, streams the answer's pieces, and cancels it when the enumeration is left.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="template">What the model's chat template is told besides the messages, tools above all; null for nothing.</param>
    /// <param name="cancellationToken">Cancels the request; the enumeration then throws <see cref="OperationCanceledException"/>.</param>
    /// <returns>The pieces, as they become certain. Each enumeration is a request of its own. Throws what <see cref="SubmitChat"/> throws.</returns>
    public async IAsyncEnumerable<ChatPiece> ChatAsync(
        IReadOnlyList<Message> messages, GenerationOptions? options = null, ChatTemplateOptions? template = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ChatGeneration answer = SubmitChat(messages, options, template, cancellationToken);
        await foreach (ChatPiece piece in answer.ConfigureAwait(false))
            yield return piece;
    }

    /// <summary>Submits a conversation to be answered and returns at once.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="template">What the model's chat template is told besides the messages, tools above all; null for nothing.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The handle to the answer's pieces and its result. Throws what <see cref="Submit"/> throws.</returns>
    /// <remarks>
    /// Reasoning is told from the answer, and tool calls are read, by the marks that the model's template and vocabulary show; calls only where
    /// <see cref="ChatTemplateOptions.Tools"/> are given. A call that cannot be read is part of the answer, as the model wrote it.
    /// </remarks>
    public ChatGeneration SubmitChat(
        IReadOnlyList<Message> messages, GenerationOptions? options = null, ChatTemplateOptions? template = null, CancellationToken cancellationToken = default) =>
        Chat(Submit(Prompt.FromMessages(messages, template), options, cancellationToken), messages, options, template);

    /// <summary>Submits like <see cref="SubmitChat"/>, but waits for a place in the queue where it is full.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="options">How to generate; null for the defaults.</param>
    /// <param name="template">What the model's chat template is told besides the messages; null for nothing.</param>
    /// <param name="cancellationToken">Gives the wait up, and cancels the request later.</param>
    /// <returns>The handle to the answer's pieces and its result. Throws what <see cref="SubmitChat"/> throws, but for <see cref="QueueFullException"/>.</returns>
    public async Task<ChatGeneration> SubmitChatAsync(
        IReadOnlyList<Message> messages, GenerationOptions? options = null, ChatTemplateOptions? template = null, CancellationToken cancellationToken = default) =>
        Chat(await SubmitAsync(Prompt.FromMessages(messages, template), options, cancellationToken).ConfigureAwait(false), messages, options, template);

    private ChatGeneration Chat(Generation generation, IReadOnlyList<Message> messages, GenerationOptions? options, ChatTemplateOptions? template)
    {
        Dialect dialect = _dialects.Of(template?.Template?.Source);
        int[] prompt = [.. generation.PromptTokens];
        AnswerBeginning beginning = template switch
        {
            { ContinueFinalMessage: true } => dialect.Continuation(messages[^1].Content),
            // Then the prompt ends with somebody's words, and these begin no answer.
            { AddGenerationPrompt: false } => default,
            _ => dialect.Beginning(Tokenizer, prompt),
        };
        return new ChatGeneration(generation, new AnswerContext(Tokenizer, dialect, new ToolCatalog((template?.Tools ?? []).Select(tool => (tool.Name, tool.Parameters))), options ?? new GenerationOptions(), prompt)
        {
            Beginning = beginning,
            IdKey = MemoryMarshal.Read<ulong>(RandomNumberGenerator.GetBytes(sizeof(ulong))),
            UsedIds = [.. messages.SelectMany(message => message.ToolCalls).Select(call => call.Id)],
        });
    }
}

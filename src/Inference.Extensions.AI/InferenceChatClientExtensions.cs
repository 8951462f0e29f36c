using Inference;
using Inference.Extensions.AI;
using Inference.Extensions.AI.Chat;

namespace Microsoft.Extensions.AI;

/// <summary>Chat clients over engines in the same process.</summary>
public static class InferenceChatClientExtensions
{
    /// <summary>An engine as a chat client.</summary>
    /// <param name="engine">The engine; it answers all requests of all its clients at once.</param>
    /// <param name="settings">The client's name, and defaults of its requests; null for none.</param>
    /// <returns>The client. Safe to use from any thread, by any number of callers at once.</returns>
    /// <remarks>
    /// <para>Every field of <see cref="ChatOptions"/> is honoured, or refused with a <see cref="NotSupportedException"/> that names it; values out
    /// of their range are <see cref="ArgumentException"/>s. Of messages, <see cref="TextContent"/>, <see cref="TextReasoningContent"/>,
    /// <see cref="FunctionCallContent"/> and <see cref="FunctionResultContent"/> are understood; others are refused likewise.
    /// <see cref="ChatOptions.Instructions"/> begin the conversation's system message.</para>
    /// <para><see cref="ChatOptions.AdditionalProperties"/> may hold the other properties of <see cref="GenerationOptions"/>, of
    /// <see cref="ChatTemplateOptions"/> <c>enable_thinking</c> and <c>continue_final_message</c>, and <c>chat_template_kwargs</c>: a dictionary
    /// of further variables of the template. Keys may be written as here or as the properties are (<c>cache_salt</c>, <c>CacheSalt</c>).
    /// <see cref="ChatOptions.RawRepresentationFactory"/> may return <see cref="GenerationOptions"/>, on which the other fields are put.</para>
    /// <para>A request that is cancelled throws an <see cref="OperationCanceledException"/>, and what it held is free within one step; so it is
    /// when a stream is left early. The library's own errors come as they are: a full queue is a <see cref="QueueFullException"/>, a
    /// conversation that is too long a <see cref="ContextLengthExceededException"/>.</para>
    /// <para>An answer ends with <see cref="ChatFinishReason.Stop"/>, <see cref="ChatFinishReason.Length"/>, <see cref="ChatFinishReason.ToolCalls"/>, or
    /// <c>deadline</c> where <see cref="GenerationOptions.Deadline"/> passed. With <see cref="ChatOptions.AllowMultipleToolCalls"/> false it ends
    /// after the first call.</para>
    /// <para>The last update, and a response, have as <c>RawRepresentation</c> the <see cref="ChatResult"/> with timings and seed; the seed is also in
    /// <c>AdditionalProperties["seed"]</c>. Other updates have their <see cref="ChatPiece"/>.</para>
    /// <para>Disposing the client leaves the engine running unless <see cref="ChatClientSettings.OwnsEngine"/> says otherwise.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="engine"/> is null.</exception>
    public static IChatClient AsChatClient(this InferenceEngine engine, ChatClientSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new InferenceChatClient(engine, settings ?? new ChatClientSettings());
    }
}

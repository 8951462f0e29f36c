using System.Text.Json;
using Inference.Extensions.AI.Chat;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Messages and their contents, understood or refused by name.</summary>
public sealed class MessageTests
{
    [Fact]
    public void Roles_texts_and_names_are_kept()
    {
        List<Message> messages = Read(
            new(ChatRole.System, "S"),
            new(new ChatRole("developer"), "D"),
            new(ChatRole.User, [new TextContent("a"), new TextContent("b")]) { AuthorName = "Ada" },
            new(ChatRole.Assistant, [new TextReasoningContent("think"), new TextReasoningContent("ing"), new TextContent("so")]),
            new(ChatRole.User, (string?)null));
        Assert.Equal([("system", "S"), ("developer", "D"), ("user", "ab"), ("assistant", "so"), ("user", "")], messages.Select(m => (m.Role, m.Content)));
        Assert.Equal("Ada", messages[2].Name);
        Assert.Equal("thinking", messages[3].Reasoning);
        Assert.Null(messages[2].Reasoning);
    }

    [Fact]
    public void Instructions_begin_the_system_message()
    {
        Assert.Equal("I\n\nS", MessageTranslation.Read([new(ChatRole.System, "S"), new(ChatRole.User, "u")], "I")[0].Content);
        List<Message> made = MessageTranslation.Read([new(ChatRole.User, "u")], "I");
        Assert.Equal([("system", "I"), ("user", "u")], made.Select(m => (m.Role, m.Content)));
        Assert.Single(MessageTranslation.Read([new(ChatRole.User, "u")], ""));
    }

    [Fact]
    public void Calls_and_results_keep_ids_names_and_arguments()
    {
        List<Message> messages = Read(
            new(ChatRole.Assistant, [
                new FunctionCallContent("1", "weather", new Dictionary<string, object?> { ["city"] = "Zürich", ["days"] = 2 }),
                new FunctionCallContent("2", "time")]),
            new(ChatRole.Tool, [new FunctionResultContent("2", "noon"), new FunctionResultContent("1", new { Degrees = 21.5 })]));
        Assert.Equal([new ToolCall("1", "weather", """{"city":"Zürich","days":2}"""), new ToolCall("2", "time", "{}")], messages[0].ToolCalls);
        Assert.Equal(("tool", "noon", "2", "time"), (messages[1].Role, messages[1].Content, messages[1].ToolCallId, messages[1].Name));
        Assert.Equal("1", messages[2].ToolCallId);
        Assert.Equal(21.5, JsonElement.Parse(messages[2].Content).EnumerateObject().Single().Value.GetDouble());
        Assert.Equal(3, messages.Count);
    }

    public static TheoryData<object?, string> Results => new()
    {
        { null, "" },
        { "text", "text" },
        { 5, "5" },
        { true, "true" },
        { JsonElement.Parse("\"quoted\""), "quoted" },
        { JsonElement.Parse("[1, 2]"), "[1,2]" },
        { new TextContent("said"), "said" },
        { new AIContent[] { new TextContent("a"), new TextContent("b") }, "ab" },
        { new Dictionary<string, object?> { ["k"] = "ü" }, """{"k":"ü"}""" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void Results_of_any_kind_become_text(object? result, string expected) =>
        Assert.Equal(expected, Read(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", result)]))[0].Content);

    public static TheoryData<string, AIContent> Refused => new()
    {
        { "user", new DataContent(new byte[] { 1 }, "image/png") },
        { "user", new UriContent("http://localhost/a.png", "image/png") },
        { "user", new HostedFileContent("f") },
        { "user", new ErrorContent("e") },
        { "user", new UsageContent() },
        { "user", new TextReasoningContent("r") },
        { "user", new FunctionCallContent("1", "f") },
        { "user", new FunctionResultContent("1", "r") },
        { "tool", new FunctionCallContent("1", "f") },
        { "assistant", new FunctionResultContent("1", "r") },
        { "assistant", new TextReasoningContent("r") { ProtectedData = "p" } },
        { "tool", new FunctionResultContent("1", new DataContent(new byte[] { 1 }, "image/png")) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Other_contents_are_refused_by_name(string role, AIContent content)
    {
        var error = Assert.Throws<NotSupportedException>(() => Read(new ChatMessage(new ChatRole(role), [new TextContent("t"), content])));
        string name = content is FunctionResultContent { Result: AIContent inner } ? inner.GetType().Name : content.GetType().Name;
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nulls_are_argument_exceptions()
    {
        Assert.Throws<ArgumentException>(() => Read((ChatMessage)null!));
        Assert.Throws<ArgumentException>(() => Read(new ChatMessage(ChatRole.User, [null!])));
    }

    private static List<Message> Read(params ChatMessage[] messages) => MessageTranslation.Read(messages, null);
}

using Inference.Extensions.AI.Chat;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Every field of ChatOptions is honoured or refused by name.</summary>
public sealed class ChatOptionsTests(EngineFixture fixture)
{
    private static readonly ChatMessage[] _hello = [new(ChatRole.User, "Hello")];

    /// <summary>Fields, and what of a request shows that they were honoured.</summary>
    private static readonly Dictionary<string, (Action<ChatOptions> Set, Func<ChatRequest, object?> Read, object? Expected)> _honoured = new()
    {
        ["Temperature"] = (o => o.Temperature = 0.5f, r => r.Generation.Temperature, 0.5f),
        ["TopP"] = (o => o.TopP = 0.25f, r => r.Generation.TopP, 0.25f),
        ["TopK"] = (o => o.TopK = 7, r => r.Generation.TopK, 7),
        ["MaxOutputTokens"] = (o => o.MaxOutputTokens = 9, r => r.Generation.MaxOutputTokens, 9),
        ["FrequencyPenalty"] = (o => o.FrequencyPenalty = 0.5f, r => r.Generation.FrequencyPenalty, 0.5f),
        ["PresencePenalty"] = (o => o.PresencePenalty = -0.5f, r => r.Generation.PresencePenalty, -0.5f),
        ["Seed"] = (o => o.Seed = -1, r => r.Generation.Seed, ulong.MaxValue),
        ["StopSequences"] = (o => o.StopSequences = ["x", "yz"], r => string.Join('|', r.Generation.StopSequences), "x|yz"),
        ["Instructions"] = (o => o.Instructions = "Be kind.", r => r.Messages[0], new Message("system", "Be kind.") { ToolCalls = [] }),
        ["AllowMultipleToolCalls"] = (o => o.AllowMultipleToolCalls = false, r => r.AllowsManyCalls, false),
        ["ToolMode"] = (o => (o.ToolMode, o.Tools) = (ChatToolMode.None, [AIFunctionFactory.Create(() => 1, "one")]), r => r.Template.Tools.Count, 0),
        ["Tools"] = (o => o.Tools = [AIFunctionFactory.Create(() => 1, "one", "Gives one.")], r => (r.Template.Tools[0].Name, r.Template.Tools[0].Description), ("one", "Gives one.")),
        ["Reasoning"] = (o => o.Reasoning = new() { Output = ReasoningOutput.None }, r => r.ShowsReasoning, false),
        ["AdditionalProperties"] = (o => o.AdditionalProperties = new() { ["min_p"] = 0.125 }, r => r.Generation.MinP, 0.125f),
        ["RawRepresentationFactory"] = (o => o.RawRepresentationFactory = _ => new GenerationOptions { RepetitionPenalty = 2 }, r => r.Generation.RepetitionPenalty, 2f),
        // What they may ask for is what there is.
        ["ModelId"] = (o => o.ModelId = "tiny", r => r.Messages.Count, 1),
        ["ResponseFormat"] = (o => o.ResponseFormat = ChatResponseFormat.Text, r => r.Messages.Count, 1),
#pragma warning disable MEAI001
        ["AllowBackgroundResponses"] = (o => o.AllowBackgroundResponses = false, r => r.Messages.Count, 1),
#pragma warning restore MEAI001
    };

    private static readonly Dictionary<string, Action<ChatOptions>> _refused = new()
    {
        ["ConversationId"] = o => o.ConversationId = "c",
        ["ModelId"] = o => o.ModelId = "other",
        ["ResponseFormat"] = o => o.ResponseFormat = ChatResponseFormat.Json,
        ["ToolMode"] = o => o.ToolMode = ChatToolMode.RequireAny,
        ["Tools"] = o => o.Tools = [new HostedWebSearchTool()],
        ["Reasoning.Output"] = o => o.Reasoning = new() { Output = ReasoningOutput.Summary },
        ["Reasoning.Effort"] = o => o.Reasoning = new() { Effort = ReasoningEffort.Medium },
        ["AdditionalProperties"] = o => o.AdditionalProperties = new() { ["no_such_option"] = 1 },
        ["RawRepresentationFactory"] = o => o.RawRepresentationFactory = _ => "text",
#pragma warning disable MEAI001
        ["AllowBackgroundResponses"] = o => o.AllowBackgroundResponses = true,
        ["ContinuationToken"] = o => o.ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }),
#pragma warning restore MEAI001
    };

    public static TheoryData<string> Honoured => [.. _honoured.Keys];

    public static TheoryData<string> Refused => [.. _refused.Keys];

    [Fact]
    public void No_field_is_left_out()
    {
        IEnumerable<string> fields = typeof(ChatOptions).GetProperties().Select(property => property.Name);
        Assert.Empty(fields.Except(_honoured.Keys).Except(_refused.Keys));
    }

    [Theory]
    [MemberData(nameof(Honoured))]
    public void A_field_is_honoured(string field)
    {
        (Action<ChatOptions> set, Func<ChatRequest, object?> read, object? expected) = _honoured[field];
        var options = new ChatOptions();
        set(options);
        Assert.Equal(expected, read(Read(options)));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_field_is_refused_by_name_before_anything_is_computed(string field)
    {
        var options = new ChatOptions();
        _refused[field](options);
        var streaming = Assert.Throws<NotSupportedException>(() => { _ = fixture.Client.GetStreamingResponseAsync(_hello, options); });
        var whole = await Assert.ThrowsAsync<NotSupportedException>(() => fixture.Client.GetResponseAsync(_hello, options));
        Assert.Contains($"ChatOptions.{field}", streaming.Message, StringComparison.Ordinal);
        Assert.Contains($"ChatOptions.{field}", whole.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_options_the_settings_hold()
    {
        var settings = new ChatClientSettings { ModelId = "tiny", Generation = new() { Temperature = 0.7f, StopSequences = ["end"] }, Template = new() { EnableThinking = false } };
        foreach (ChatOptions? options in new[] { null, new ChatOptions() })
        {
            ChatRequest request = ChatRequest.Read(_hello, options, fixture.Client, settings, () => null);
            Assert.Equal(settings.Generation, request.Generation);
            Assert.False(request.Template.EnableThinking);
            Assert.True(request.ShowsReasoning);
            Assert.True(request.AllowsManyCalls);
        }
    }

    [Fact]
    public void What_the_factory_returns_is_the_base_and_knows_its_client()
    {
        IChatClient? asked = null;
        var options = new ChatOptions
        {
            TopK = 5,
            RawRepresentationFactory = client =>
            {
                asked = client;
                return new GenerationOptions { TopK = 1, MinP = 0.5f };
            },
        };
        ChatRequest request = Read(options);
        Assert.Same(fixture.Client, asked);
        Assert.Equal(5, request.Generation.TopK);
        Assert.Equal(0.5f, request.Generation.MinP);
        Assert.Equal(new GenerationOptions(), Read(new ChatOptions { RawRepresentationFactory = _ => null }).Generation);
    }

    [Fact]
    public async Task A_value_out_of_its_range_is_an_argument_exception_that_names_it()
    {
        async Task<string> Message(ChatOptions options) => (await Assert.ThrowsAnyAsync<ArgumentException>(() => fixture.Client.GetResponseAsync(_hello, options))).Message;
        Assert.Contains("Temperature", await Message(new() { Temperature = -1 }), StringComparison.Ordinal);
        Assert.Contains("TopP", await Message(new() { TopP = 2 }), StringComparison.Ordinal);
        Assert.Contains("MaxOutputTokens", await Message(new() { MaxOutputTokens = 0 }), StringComparison.Ordinal);
        Assert.Contains("StopSequences", await Message(new() { StopSequences = [""] }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_read_when_the_call_is_made_and_left_as_they_are()
    {
        var options = new ChatOptions { MaxOutputTokens = 3, AdditionalProperties = new() { ["ignore_end_of_text"] = true } };
        var messages = new List<ChatMessage>(_hello);
        IAsyncEnumerable<ChatResponseUpdate> updates = fixture.Client.GetStreamingResponseAsync(messages, options);
        (options.MaxOutputTokens, options.Instructions) = (1, "Other");
        messages.Clear();
        ChatResponse response = await updates.ToChatResponseAsync();
        Assert.Equal(3, response.Usage!.OutputTokenCount);
        Assert.Equal(1, options.MaxOutputTokens);
        Assert.Single(options.AdditionalProperties);
        Assert.Null(options.Tools);
    }

    private ChatRequest Read(ChatOptions options) => ChatRequest.Read(_hello, options, fixture.Client, new ChatClientSettings { ModelId = "tiny" }, () => null);
}

using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>What the abstractions ask of a client.</summary>
public sealed class ConventionTests(EngineFixture fixture)
{
    private static readonly ChatMessage[] _hello = [new(ChatRole.User, "Once upon a time")];
    private static readonly ChatOptions _short = new() { MaxOutputTokens = 12 };

    [Fact]
    public async Task Updates_carry_who_what_and_when_and_the_last_one_how_it_ended()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        List<ChatResponseUpdate> updates = await fixture.Client.GetStreamingResponseAsync(_hello, _short).ToListAsync();
        Assert.True(updates.Count > 2);
        Assert.All(updates, update =>
        {
            Assert.False(string.IsNullOrEmpty(update.ResponseId));
            Assert.False(string.IsNullOrEmpty(update.MessageId));
            Assert.Equal(fixture.Engine.Model.Name, update.ModelId);
            Assert.Equal(ChatRole.Assistant, update.Role);
            Assert.InRange(update.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
        });
        Assert.Single(updates.Select(update => (update.ResponseId, update.MessageId, update.CreatedAt)).Distinct());
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
        UsageDetails usage = Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents)).Details;
        Assert.Equal(12, usage.OutputTokenCount);
        Assert.Equal(fixture.Engine.CountTokens(new[] { new Message("user", "Once upon a time") }), usage.InputTokenCount);
        Assert.Equal(usage.InputTokenCount + 12, usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_response_says_the_same_as_its_stream()
    {
        ChatResponse whole = await fixture.Client.GetResponseAsync(_hello, _short);
        ChatResponse streamed = await fixture.Client.GetStreamingResponseAsync(_hello, _short).ToChatResponseAsync();
        Assert.Equal(streamed.Text, whole.Text);
        Assert.NotEmpty(whole.Text);
        Assert.Equal(streamed.FinishReason, whole.FinishReason);
        Assert.Equal(streamed.ModelId, whole.ModelId);
        Assert.Equal(streamed.Usage!.OutputTokenCount, whole.Usage!.OutputTokenCount);
        ChatMessage message = Assert.Single(whole.Messages);
        Assert.Equal(ChatRole.Assistant, message.Role);
        Assert.IsType<TextContent>(Assert.Single(message.Contents));
        Assert.NotNull(message.MessageId);
        Assert.NotNull(whole.ResponseId);
        Assert.NotNull(whole.CreatedAt);
        Assert.IsType<ChatResult>(whole.RawRepresentation);
        Assert.NotEqual(streamed.ResponseId, whole.ResponseId);
    }

    [Fact]
    public async Task An_answer_is_the_engines_own()
    {
        ChatResult core = await fixture.Engine.SubmitChat([new Message("user", "Once upon a time")], new GenerationOptions { MaxOutputTokens = 12 }).Completion;
        Assert.Equal(core.Message.Content, (await fixture.Client.GetResponseAsync(_hello, _short)).Text);
    }

    [Fact]
    public async Task A_seed_makes_answers_the_same_and_the_response_tells_it()
    {
        var options = new ChatOptions { MaxOutputTokens = 20, Temperature = 1.5f };
        ChatResponse first = await fixture.Client.GetResponseAsync(_hello, options);
        options.Seed = unchecked((long)(ulong)first.AdditionalProperties!["seed"]!);
        Assert.Equal(first.Text, (await fixture.Client.GetResponseAsync(_hello, options)).Text);
    }

    [Fact]
    public async Task An_answer_of_no_words_is_an_answer()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.PlainTemplate, "");
        ChatResponse response = await model.Client.GetResponseAsync(_hello);
        Assert.Equal("", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(1, response.Usage!.OutputTokenCount);
        Assert.Empty(Assert.Single(response.Messages).Contents);
    }

    [Fact]
    public async Task Log_probabilities_come_with_the_pieces()
    {
        List<ChatResponseUpdate> updates = await fixture.Client.GetStreamingResponseAsync(_hello, new ChatOptions { MaxOutputTokens = 5, AdditionalProperties = new() { ["log_probabilities"] = 2 } }).ToListAsync();
        GeneratedToken[] tokens = [.. updates.Select(update => update.RawRepresentation).OfType<ChatPiece>().SelectMany(piece => piece.Tokens)];
        Assert.Equal(5, tokens.Length);
        Assert.All(tokens, token => Assert.Equal(2, token.Alternatives!.Count));
    }

    [Fact]
    public async Task Each_enumeration_is_a_request_of_its_own()
    {
        IAsyncEnumerable<ChatResponseUpdate> updates = fixture.Client.GetStreamingResponseAsync(_hello, _short);
        ChatResponse first = await updates.ToChatResponseAsync();
        ChatResponse second = await updates.ToChatResponseAsync();
        Assert.Equal(first.Text, second.Text);
        Assert.NotEqual(first.ResponseId, second.ResponseId);
    }

    [Fact]
    public void Services_are_found_as_the_conventions_ask()
    {
        IChatClient client = fixture.Client;
        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.Same(fixture.Engine, client.GetService<InferenceEngine>());
        var metadata = client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("inference", fixture.Engine.Model.Name), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Null(metadata.ProviderUri);
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        Assert.Null(client.GetService(typeof(string)));
        Assert.Throws<ArgumentNullException>(() => client.GetService(null!));
        Assert.Equal("mine", fixture.Engine.AsChatClient(new ChatClientSettings { ModelId = "mine" }).GetService<ChatClientMetadata>()!.DefaultModelId);
    }

    [Fact]
    public async Task Null_arguments_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(() => fixture.Client.GetResponseAsync((IEnumerable<ChatMessage>)null!));
        Assert.Throws<ArgumentNullException>(() => { _ = fixture.Client.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!); });
        Assert.Throws<ArgumentNullException>(() => InferenceChatClientExtensions.AsChatClient(null!));
    }

    [Fact]
    public async Task A_client_ends_the_engine_only_if_it_owns_it()
    {
        using var model = new ModelFolder();
        InferenceEngine engine = await InferenceEngine.LoadAsync(model.Path, new EngineOptions { Threads = 1 });
        IChatClient guest = engine.AsChatClient();
        guest.Dispose();
        guest.Dispose();
        Assert.NotEmpty((await guest.GetResponseAsync(_hello, _short)).Text);
        IChatClient owner = engine.AsChatClient(new ChatClientSettings { OwnsEngine = true });
        owner.Dispose();
        owner.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => guest.GetResponseAsync(_hello));
    }

    [Fact]
    public async Task The_librarys_errors_come_as_they_are()
    {
        ChatMessage[] tooLong = [new(ChatRole.User, string.Concat(Enumerable.Repeat("word ", 2000)))];
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => fixture.Client.GetResponseAsync(tooLong));
        await using InferenceEngine bare = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 });
        await Assert.ThrowsAsync<ChatTemplateMissingException>(() => bare.AsChatClient().GetResponseAsync(_hello));
        await bare.StopAsync();
        await Assert.ThrowsAsync<EngineStoppedException>(() => bare.AsChatClient().GetResponseAsync(_hello));
    }
}

using Inference.Tests.Formats;

namespace Inference.Tests.Engine;

/// <summary>What happens to conversations that are too long, on a model with a chat template.</summary>
public sealed class ContextPolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_conversation_is_counted_and_refused_before_any_work()
    {
        await using InferenceEngine engine = await LoadAsync();
        List<Message> chat = Chat(40);
        int tokens = engine.CountTokens(chat);
        Assert.Equal(engine.Tokenize(chat).Length, tokens);
        Assert.Equal(0, engine.CountTokens(Array.Empty<int>()));
        Assert.True(tokens > 256);
        ContextLengthExceededException error = Assert.Throws<ContextLengthExceededException>(() => engine.Submit(chat));
        Assert.Equal((tokens, 256), (error.InputTokens, error.Limit));
        await foreach (GenerationOutcome outcome in engine.GenerateManyAsync([chat]))
            Assert.Equal(tokens, Assert.IsType<ContextLengthExceededException>(outcome.Error).InputTokens);
        Assert.Equal(0, engine.Statistics.Steps);
    }

    [Fact]
    public async Task The_oldest_turns_are_dropped_until_prompt_and_output_fit_and_no_more()
    {
        await using InferenceEngine engine = await LoadAsync();
        List<Message> chat = Chat(40);
        Generation generation = engine.Submit(chat, new() { MaxOutputTokens = 50, ContextPolicy = ContextPolicy.DropOldestTurns });
        int dropped = generation.DroppedMessages.Count;
        Assert.Equal(chat.Skip(1).Take(dropped), generation.DroppedMessages);
        List<Message> kept = [chat[0], .. chat.Skip(1 + dropped)];
        Assert.Equal(engine.Tokenize(kept), generation.PromptTokens);
        Assert.InRange(generation.PromptTokens.Count, 1, 206);
        // One turn more, two messages, would not fit.
        Assert.True(engine.CountTokens((List<Message>)[chat[0], .. chat.Skip(1 + dropped - 2)]) > 206);
        Assert.Equal(generation.DroppedMessages, (await generation.Completion).DroppedMessages);

        Generation whole = engine.Submit(Chat(2), new() { MaxOutputTokens = 5, ContextPolicy = ContextPolicy.DropOldestTurns });
        Assert.Empty(whole.DroppedMessages);
        Assert.Equal(engine.Tokenize(Chat(2)), whole.PromptTokens);
    }

    [Fact]
    public async Task A_window_of_turns_is_kept_even_if_more_would_fit()
    {
        await using InferenceEngine engine = await LoadAsync();
        List<Message> chat = Chat(6);
        Generation generation = engine.Submit(chat, new() { MaxOutputTokens = 5, ContextPolicy = ContextPolicy.SlidingWindow(2) });
        Assert.Equal(chat.Skip(1).Take(8), generation.DroppedMessages);
        Assert.Equal(engine.Tokenize((List<Message>)[chat[0], .. chat.Skip(9)]), generation.PromptTokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => ContextPolicy.SlidingWindow(0));
    }

    [Fact]
    public async Task A_last_turn_that_is_too_long_is_refused_and_so_is_a_policy_without_messages()
    {
        await using InferenceEngine engine = await LoadAsync();
        List<Message> chat = [.. Chat(3), new Message("assistant", "yes"), new Message("user", string.Concat(Enumerable.Repeat("a very long story ", 100)))];
        var drops = new GenerationOptions { ContextPolicy = ContextPolicy.DropOldestTurns };
        ContextLengthExceededException error = Assert.Throws<ContextLengthExceededException>(() => engine.Submit(chat, drops));
        Assert.Equal(engine.CountTokens((List<Message>)[chat[0], chat[^1]]), error.InputTokens);
        Assert.Equal("ContextPolicy", Assert.Throws<ArgumentException>(() => engine.Submit("Once", drops)).ParamName);
        Assert.Equal(1024, engine.FreeQueuePlaces);
    }

    [Fact]
    public async Task A_pinned_system_prompt_is_found_by_every_chat()
    {
        await using InferenceEngine engine = await LoadAsync();
        List<Message> chat = [new("system", string.Concat(Enumerable.Repeat("You tell short stories. ", 6))), new("user", "Tell me one.")];
        using PinnedPrefix pinned = await engine.PinPrefixAsync(new[] { chat[0] });
        Assert.True(pinned.TokenCount >= 16);
        Assert.Equal(pinned.TokenCount, (await engine.Submit(chat, new() { MaxOutputTokens = 3 }).Completion).Usage.CachedInputTokens);
    }

    /// <summary>A system message and so many turns of question and answer, the last without one.</summary>
    private static List<Message> Chat(int turns)
    {
        List<Message> chat = [new("system", "You tell stories.")];
        for (int i = 0; i < turns; i++)
        {
            chat.Add(new Message("user", $"Tell me story {i}."));
            if (i < turns - 1)
                chat.Add(new Message("assistant", "Once upon a time there was a dog."));
        }

        return chat;
    }

    private Task<InferenceEngine> LoadAsync()
    {
        foreach (string file in Directory.GetFiles(TestData.Path("models/TinyStories-656K")).Where(file => !file.EndsWith(".gguf", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(
            Path.Combine(_folder.Path, "chat_template.jinja"),
            "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");
        return InferenceEngine.LoadAsync(_folder.Path, new EngineOptions { Threads = 1, ContextLength = 256, KvBlockSize = 8 });
    }
}

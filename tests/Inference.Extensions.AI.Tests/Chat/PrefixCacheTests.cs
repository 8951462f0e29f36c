using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>A chat's later turns find the earlier ones in the cache.</summary>
public sealed class PrefixCacheTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("Qwen-Qwen2.5-7B-Instruct")]
    [InlineData("meta-llama-Llama-3.3-70B-Instruct")]
    public async Task In_ten_turns_nine_tenths_of_the_later_prompts_come_from_the_cache(string template)
    {
        using var model = new ModelFolder(template == "plain" ? ModelFolder.PlainTemplate : ModelFolder.Golden(template));
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(model.Path, new EngineOptions { Threads = 1, ContextLength = 4096 });
        IChatClient client = engine.AsChatClient();
        string rules = string.Concat(Enumerable.Range(1, 30).Select(i => $"Rule {i}: tell a short and happy story about animals. "));
        var options = new ChatOptions { Instructions = rules, MaxOutputTokens = 16 };
        var history = new List<ChatMessage>();
        (long input, long cached) = (0, 0);
        for (int turn = 0; turn < 10; turn++)
        {
            history.Add(new ChatMessage(ChatRole.User, $"Tell me about day {turn}."));
            ChatResponse response = await client.GetResponseAsync(history, options);
            history.AddMessages(response);
            if (turn == 0)
                continue;
            input += response.Usage!.InputTokenCount!.Value;
            cached += response.Usage.CachedInputTokenCount!.Value;
        }

        Assert.True(cached >= 0.9 * input, $"{cached} of {input} tokens");
    }
}

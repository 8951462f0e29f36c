using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Concurrent use is the point.</summary>
public sealed class ConcurrencyTests(EngineFixture fixture)
{
    [Fact]
    public async Task Sixty_four_chats_at_once_say_what_each_says_alone()
    {
        string[] beginnings = ["Once upon a time", "The dog", "A girl named Lily", "In the garden"];
        ChatOptions Options(int chat) => new() { MaxOutputTokens = 8 + (chat % 5), Temperature = chat % 2 == 0 ? null : 1, Seed = chat, AdditionalProperties = new() { ["tenant_id"] = $"t{chat % 3}" } };

        async Task<string[]> ChatAsync(int chat, bool streams)
        {
            var history = new List<ChatMessage>();
            var answers = new List<string>();
            for (int turn = 0; turn < 3; turn++)
            {
                history.Add(new ChatMessage(ChatRole.User, $"{beginnings[(chat + turn) % beginnings.Length]} {chat}"));
                ChatResponse response = streams
                    ? await fixture.Client.GetStreamingResponseAsync(history, Options(chat)).ToChatResponseAsync()
                    : await fixture.Client.GetResponseAsync(history, Options(chat));
                history.AddMessages(response);
                answers.Add(response.Text);
            }

            return [.. answers];
        }

        string[][] together = await Task.WhenAll(Enumerable.Range(0, 64).Select(chat => Task.Run(() => ChatAsync(chat, streams: chat % 2 == 0))));
        for (int chat = 0; chat < 64; chat += 7)
            Assert.Equal(together[chat], await ChatAsync(chat, streams: chat % 2 != 0));
        Assert.True(together.Select(answers => answers[0]).Distinct().Count() > 10);
    }
}

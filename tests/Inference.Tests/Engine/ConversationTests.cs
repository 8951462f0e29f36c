using FsCheck;
using FsCheck.Fluent;

namespace Inference.Tests.Engine;

/// <summary>How a conversation is cut into turns, and how many of them go.</summary>
public sealed class ConversationTests
{
    [Fact]
    public void A_turn_has_its_tool_calls_and_results_and_system_messages_have_none()
    {
        Message[] chat =
        [
            new("system", "0"), new("assistant", "1"), new("user", "2"), new("user", "3"), new("assistant", "4"), new("tool", "5"), new("developer", "6"),
            new("assistant", "7"), new("user", "8"), new("assistant", "9"), new("tool", "10"), new("user", "11"),
        ];
        var conversation = new Conversation(chat);
        Assert.Equal(4, conversation.TurnCount);
        Assert.Equal(["1"], conversation.First(1).Select(m => m.Content));
        Assert.Equal(["1", "2", "3", "4", "5", "7"], conversation.First(2).Select(m => m.Content));
        Assert.Equal(["0", "6", "8", "9", "10", "11"], conversation.Without(2).Select(m => m.Content));
        Assert.Equal(["0", "6", "11"], conversation.Without(3).Select(m => m.Content));
    }

    [Fact]
    public void What_goes_is_the_least_that_is_enough_and_whole_turns_only() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            ArbMap.Default.ArbFor<byte>(),
            ArbMap.Default.ArbFor<byte>(),
            (bytes, room, window) =>
            {
                string[] roles = ["user", "assistant", "tool", "system"];
                Message[] chat = [.. bytes.Select((b, i) => new Message(roles[b % 4], $"{i}"))];
                var conversation = new Conversation(chat);
                ContextPolicy policy = window % 3 == 0 ? ContextPolicy.DropOldestTurns : ContextPolicy.SlidingWindow(1 + (window % 8));
                bool Fits(IReadOnlyList<Message> messages) => messages.Count <= room % 24;
                int excess = conversation.Excess(policy, Fits);
                List<Message> kept = conversation.Without(excess), dropped = conversation.First(excess);

                bool partition = kept.Concat(dropped).OrderBy(m => int.Parse(m.Content, System.Globalization.CultureInfo.InvariantCulture)).SequenceEqual(chat);
                bool system = dropped.TrueForAll(m => m.Role != "system");
                Message? question = chat.LastOrDefault(m => m.Role == "user");
                bool last = question is null || kept.Contains(question);
                bool window1 = policy.Turns == int.MaxValue || conversation.TurnCount - excess <= policy.Turns;
                bool least = excess == Math.Max(0, conversation.TurnCount - policy.Turns) || !Fits(conversation.Without(excess - 1));
                bool enough = Fits(kept) || excess >= conversation.TurnCount - 1;
                return partition && system && last && window1 && least && enough;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}

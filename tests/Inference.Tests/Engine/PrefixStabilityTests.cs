using Inference.Tokenization;

namespace Inference.Tests.Engine;

/// <summary>Of a chat's prompt and its answer, the next turn's prompt begins with as much as the template allows.</summary>
public sealed class PrefixStabilityTests
{
    /// <summary>Templates that begin an answer otherwise than they show it afterwards: with a mark of reasoning, or without a space.</summary>
    private static readonly string[] _unstable =
    [
        "Cohere2MoE.jinja", "CohereForAI-c4ai-command-r7b-12-2024-tool_use.jinja", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B.jinja", "GLM-4.7-Flash.jinja",
        "google-gemma-4-31B-it.jinja", "Kimi-K2-Thinking.jinja", "llama-cpp-deepseek-r1.jinja", "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16.jinja", "Reka-Edge.jinja",
        "stepfun-ai-Step-3.5-Flash.jinja",
    ];

    public static TheoryData<string> Files => [.. GoldenConversations.TemplateFiles.Except(["MiroThinker.jinja"])];

    [Theory]
    [MemberData(nameof(Files))]
    public void Ten_turns_keep_what_was_said(string file)
    {
        var options = new ChatTemplateOptions { Template = GoldenConversations.Template(file), Now = GoldenConversations.Now };
        List<Message> chat = [];
        int[]? said = null;
        int[]? asked = null;
        for (int turn = 0; turn < 10; turn++)
        {
            chat.Add(new("user", $"Question {turn}: what is the answer to number {turn}, and why is it so?"));
            int[] prompt = Encode(Render(chat, options));
            if (said is not null)
            {
                bool stable = prompt.AsSpan().StartsWith(said);
                Assert.Equal(!_unstable.Contains(file), stable);
                // Even where the answer is shown otherwise, all stays before the marks that begin it.
                Assert.InRange(prompt.AsSpan().CommonPrefixLength(asked), asked!.Length - 16, asked.Length);
            }
            string answer = $"The answer to number {turn} is {turn * turn}. It is so because I say so.";
            said = Encode([.. Render(chat, options), new TextSegment(answer, false)]);
            asked = prompt;
            chat.Add(new("assistant", answer));
        }
    }

    private static IReadOnlyList<TextSegment> Render(List<Message> chat, ChatTemplateOptions options) => new ConversationRenderer(MarkTokenizer.Instance, "test").Render(chat, options);

    private static int[] Encode(IReadOnlyList<TextSegment> segments) => MarkTokenizer.Instance.Encode(segments, addSpecial: false);
}

using Inference.Extensions.AI.Chat;
using Inference.Templating;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>How much to think, and whether to show it.</summary>
public sealed class ReasoningTests
{
    private const string Answer = "<think>\nfour is two and two\n</think>\n\nIt is 4.";
    private static readonly ChatMessage[] _question = [new(ChatRole.User, "What is 2 + 2?")];

    [Fact]
    public async Task Reasoning_is_told_from_the_answer_and_goes_back_with_the_history()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen3-0.6B"), Answer, "Yes.");
        List<ChatResponseUpdate> updates = await model.Client.GetStreamingResponseAsync(_question).ToListAsync();
        Assert.Equal("four is two and two", string.Concat(updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("It is 4.", string.Concat(updates.Select(update => update.Text)));

        ChatResponse response = updates.ToChatResponse();
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.InRange(response.Usage!.ReasoningTokenCount!.Value, 5, response.Usage.OutputTokenCount!.Value - 4);
        Assert.Equal([typeof(TextReasoningContent), typeof(TextContent)], Assert.Single(response.Messages).Contents.Select(content => content.GetType()));

        var history = new List<ChatMessage>(_question);
        history.AddMessages(response);
        history.Add(new ChatMessage(ChatRole.User, "Really?"));
        Assert.Equal("Yes.", (await model.Client.GetResponseAsync(history)).Text);
        Assert.Equal("four is two and two", MessageTranslation.Read(history, null)[1].Reasoning);
    }

    [Fact]
    public async Task Reasoning_that_is_not_wanted_is_counted_and_not_shown()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen3-0.6B"), Answer, Answer);
        ChatResponse hidden = await model.Client.GetResponseAsync(_question, new ChatOptions { Reasoning = new() { Output = ReasoningOutput.None } });
        Assert.Equal("It is 4.", Assert.IsType<TextContent>(Assert.Single(Assert.Single(hidden.Messages).Contents)).Text);
        Assert.True(hidden.Usage!.ReasoningTokenCount > 0);
        ChatResponse shown = await model.Client.GetResponseAsync(_question, new ChatOptions { Reasoning = new() { Output = ReasoningOutput.Full } });
        Assert.IsType<TextReasoningContent>(shown.Messages[0].Contents[0]);
    }

    [Fact]
    public async Task No_effort_closes_the_thinking_in_the_prompt()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen3-0.6B"), "It is 4.", "It is 4.");
        ChatResponse without = await model.Client.GetResponseAsync(_question, new ChatOptions { Reasoning = new() { Effort = ReasoningEffort.None } });
        ChatResponse with = await model.Client.GetResponseAsync(_question, new ChatOptions { Reasoning = new() { Effort = ReasoningEffort.High } });
        Assert.True(without.Usage!.InputTokenCount > with.Usage!.InputTokenCount);
        Assert.Equal("It is 4.", without.Text);
        Assert.Equal(0, without.Usage.ReasoningTokenCount);
    }

    [Theory]
    [InlineData(ReasoningEffort.Low, "low")]
    [InlineData(ReasoningEffort.Medium, "medium")]
    [InlineData(ReasoningEffort.High, "high")]
    public void A_template_with_levels_is_told_the_level(ReasoningEffort effort, string expected)
    {
        ChatTemplateOptions options = Apply(effort, "{{ reasoning_effort }}");
        Assert.Equal(expected, options.Variables["reasoning_effort"]);
        Assert.Null(options.EnableThinking);
        Assert.True(Apply(effort, "{{ reasoning_effort }}{{ enable_thinking }}").EnableThinking);
    }

    [Fact]
    public void What_a_template_cannot_be_told_is_refused()
    {
        Assert.Throws<NotSupportedException>(() => Apply(ReasoningEffort.ExtraHigh, "{{ reasoning_effort }}"));
        Assert.Throws<NotSupportedException>(() => Apply(ReasoningEffort.None, "{{ reasoning_effort }}"));
        Assert.Throws<NotSupportedException>(() => Apply(ReasoningEffort.None, "{{ messages }}"));
        Assert.True(Apply(ReasoningEffort.ExtraHigh, "{{ thinking }}").EnableThinking);
        Assert.False(Apply(ReasoningEffort.None, "{{ enable_thinking }}").EnableThinking);
        Assert.Null(Apply(null, "{{ enable_thinking }}").EnableThinking);
    }

    private static ChatTemplateOptions Apply(ReasoningEffort? effort, string template) =>
        ReasoningTranslation.Apply(new ReasoningOptions { Effort = effort }, new ChatTemplateOptions(), ChatTemplate.Parse(template));
}

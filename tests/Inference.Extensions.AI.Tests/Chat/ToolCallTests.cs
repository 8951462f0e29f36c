using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Calls of tools, there and back.</summary>
public sealed class ToolCallTests
{
    private const string Weather = """<tool_call>{"name": "weather", "arguments": {"city": "Bern", "days": 2}}</tool_call>""";
    private const string Time = """<tool_call>{"name": "time", "arguments": {}}</tool_call>""";
    private static readonly ChatMessage[] _question = [new(ChatRole.User, "How is the weather in Bern?")];

    private static AITool[] Tools(List<string> calls) =>
    [
        AIFunctionFactory.Create((string city, int days) => Note(calls, $"{city} {days}"), "weather", "Tells the weather."),
        AIFunctionFactory.Create(() => Note(calls, "noon"), "time"),
    ];

    [Fact]
    public async Task A_loop_that_invokes_functions_gets_to_the_answer()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen2.5-7B-Instruct"), $"I look.\n{Weather}\n{Time}", "It rains.");
        var calls = new List<string>();
        var options = new ChatOptions { Tools = Tools(calls), ToolMode = ChatToolMode.Auto };
        var history = new List<ChatMessage>(_question);
        ChatResponse response;
        while (true)
        {
            response = await model.Client.GetStreamingResponseAsync(history, options).ToChatResponseAsync();
            history.AddMessages(response);
            FunctionCallContent[] asked = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
            if (asked.Length == 0)
                break;
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
            Assert.Equal("I look.", response.Text.Trim());
            var results = new List<AIContent>();
            foreach (FunctionCallContent call in asked)
            {
                AIFunction function = options.Tools.OfType<AIFunction>().Single(tool => tool.Name == call.Name);
                results.Add(new FunctionResultContent(call.CallId, await function.InvokeAsync(new AIFunctionArguments(call.Arguments))));
            }

            history.Add(new ChatMessage(ChatRole.Tool, results));
        }

        Assert.Equal(["Bern 2", "noon"], calls);
        Assert.Equal("It rains.", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(4, history.Count);
        Assert.Equal(2, history[1].Contents.OfType<FunctionCallContent>().Select(call => call.CallId).Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_function_invoking_client_of_the_abstractions_gets_to_the_answer(bool streams)
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen2.5-7B-Instruct"), $"I look.\n{Weather}\n{Time}", Weather, "It rains.");
        var calls = new List<string>();
        using IChatClient client = model.Client.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = Tools(calls) };
        ChatResponse response = streams
            ? await client.GetStreamingResponseAsync(_question, options).ToChatResponseAsync()
            : await client.GetResponseAsync(_question, options);
        Assert.Equal(["Bern 2", "noon", "Bern 2"], calls);
        Assert.EndsWith("It rains.", response.Text, StringComparison.Ordinal);
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], response.Messages.Select(message => message.Role));
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.True(response.Usage!.InputTokenCount > 0);
        Assert.Same(model.Engine, client.GetService<InferenceEngine>());
    }

    [Fact]
    public async Task One_call_at_a_time_ends_the_answer_after_the_first()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen2.5-7B-Instruct"), $"{Weather}\n{Time} and a long tale {string.Concat(Enumerable.Repeat("and so on ", 50))}");
        ChatResponse response = await model.Client.GetResponseAsync(_question, new ChatOptions { Tools = Tools([]), AllowMultipleToolCalls = false });
        FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
        Assert.Equal("weather", call.Name);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.True(response.Usage!.OutputTokenCount > 0);
        await model.Engine.DrainAsync();
        Assert.Equal(model.Engine.Statistics.TotalBlocks, model.Engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task Without_tools_or_where_the_mode_forbids_them_a_call_is_text()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.Golden("Qwen-Qwen2.5-7B-Instruct"), Weather, Weather);
        foreach (ChatOptions? options in new[] { null, new ChatOptions { Tools = Tools([]), ToolMode = ChatToolMode.None } })
        {
            ChatResponse response = await model.Client.GetResponseAsync(_question, options);
            Assert.Equal(Weather, response.Text);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        }
    }

    [Fact]
    public async Task A_template_that_knows_no_tools_is_an_error_that_says_so()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.PlainTemplate);
        var error = await Assert.ThrowsAsync<ChatTemplateOptionException>(() => model.Client.GetResponseAsync(_question, new ChatOptions { Tools = Tools([]) }));
        Assert.Equal("Tools", error.Option);
    }

    private static string Note(List<string> calls, string call)
    {
        calls.Add(call);
        return call;
    }
}

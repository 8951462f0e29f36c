using System.Text.Json;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference.Tests.Engine;

/// <summary>Messages and options become what the chat template's authors expect.</summary>
public sealed class ConversationRendererTests
{
    private const string ChatMl = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    private static readonly Tokenizer _tokenizer = Tokenizer.Load(TestData.Path("vocab/ggml-vocab-gpt-2.gguf"));
    private static readonly ToolDefinition _tool = new("look", "Looks something up.", JsonElement.Parse("""{"type":"object","properties":{"what":{"type":"string"}}}"""));
    private static readonly Message[] _question = [new("user", "Why?")];

    public static TheoryData<string> Files => [.. GoldenConversations.TemplateFiles];

    [Theory]
    [MemberData(nameof(Files))]
    public void Messages_render_as_dicts_do_in_Python(string file)
    {
        foreach (string context in (string[])["simple", "system"])
        {
            foreach (bool answer in (bool[])[true, false])
                Check(GoldenConversations.Expected(file, context, answer), file, context, answer);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Calls_and_results_render_as_the_template_wants_them(string file)
    {
        switch (file)
        {
            case "HuggingFaceTB-SmolLM3-3B.jinja" or "LFM2.5-Instruct.jinja" or "google-gemma-2-2b-it.jinja":
                Assert.Equal("ToolCalls", Assert.Throws<ChatTemplateOptionException>(() => Render(file, "tool_use", answer: true)).Option);
                break;
            case "deepseek-ai-DeepSeek-R1-Distill-Llama-8B.jinja":
                // It leaves out the calls of messages that have a content, empty or not; Python's callers pass None.
                Assert.Contains("<｜tool▁call▁begin｜>function<｜tool▁sep｜>test\n```json\n{\"condition\":true}\n```", Render(file, "tool_use", answer: true), StringComparison.Ordinal);
                break;
            case "mistralai-Mistral-Nemo-Instruct-2407.jinja":
                // It writes a call's whole function, whose name comes first here, as in the API.
                string expected = GoldenConversations.Expected(file, "tool_use_arguments_as_object", answer: true)!;
                foreach (string name in (string[])["ipython", "test", "brave_search"])
                    expected = System.Text.RegularExpressions.Regex.Replace(expected, $$"""{"arguments": ({[^}]*}), "name": "{{name}}", """, $$"""{"name": "{{name}}", "arguments": $1, """);
                Assert.Equal(expected, Render(file, "tool_use", answer: true));
                break;
            default:
                Check(GoldenConversations.Expected(file, "tool_use_arguments_as_object", answer: true), file, "tool_use", answer: true);
                Check(GoldenConversations.Expected(file, "tool_use_arguments_as_object", answer: false), file, "tool_use", answer: false);
                break;
        }
    }

    [Fact]
    public void Arguments_are_text_where_a_template_puts_them_into_text()
    {
        const string Source = "{% for m in messages %}{{ m.role }}:{% for c in m.tool_calls or [] %}{{ c.function.name + '=' + c.function.arguments }}{% endfor %}{% endfor %}";
        Message call = new("assistant", "") { ToolCalls = [new("a", "look", """{"what":  "up"}""")] };
        Assert.Equal("""user:assistant:look={"what":  "up"}""", Render([.. _question, call], Source));
        Assert.Equal("user:assistant:look={\"what\": \"up\"}", Render([.. _question, call], Source.Replace("c.function.arguments", "c.function.arguments|tojson", StringComparison.Ordinal)));
        Assert.Equal("user:assistant:look=1", Render([.. _question, call], Source.Replace("c.function.arguments", "c.function.arguments|length ~ ''", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{\"a\":")]
    [InlineData("\ud800")]
    public void Arguments_that_are_no_object_are_refused_by_the_calls_name(string arguments)
    {
        Message call = new("assistant", "") { ToolCalls = [new("call 7", "look", arguments)] };
        InvalidPromptException error = Assert.Throws<InvalidPromptException>(() => Render([.. _question, call], "{{ messages[1].tool_calls }}"));
        Assert.Contains("call 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tools_are_functions_of_the_API()
    {
        var options = new ChatTemplateOptions { Tools = [_tool], Template = ChatTemplate.Parse("{{ tools | tojson }}") };
        Assert.Equal(
            """[{"type": "function", "function": {"name": "look", "description": "Looks something up.", "parameters": {"type": "object", "properties": {"what": {"type": "string"}}}}}]""",
            Render(_question, options));
        Assert.Throws<InvalidPromptException>(() => Render(_question, options with { Tools = [_tool with { Parameters = default }] }));
    }

    [Fact]
    public void Reasoning_goes_by_the_name_that_the_template_has_for_it()
    {
        Message[] chat = [.. _question, new("assistant", "So.") { Reasoning = "Hm." }];
        Assert.Equal("Hm.", Render(chat, "{{ messages[1].reasoning_content }}"));
        Assert.Equal("Hm.", Render(chat, "{{ messages[1]['thinking'] }}"));
        Assert.Equal("So.", Render(chat, "{{ messages[1].content }}"));
        Assert.Contains("<think>\nHm.\n</think>\n\nSo.", Render(chat, new ChatTemplateOptions { Template = GoldenConversations.Template("Qwen-Qwen3-0.6B.jinja") }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_template_does_not_read_is_refused_by_name()
    {
        var options = new ChatTemplateOptions { Template = ChatTemplate.Parse(ChatMl) };
        Assert.Equal("Tools", Option(options with { Tools = [_tool] }));
        Assert.Equal("EnableThinking", Option(options with { EnableThinking = false }));
        Assert.Equal("Variables[documents]", Option(options with { Variables = new Dictionary<string, object?> { ["documents"] = 1 } }));
        // A text or a target of the same name is no reading.
        Assert.Equal("Tools", Option(options with { Tools = [_tool], Template = ChatTemplate.Parse("{% set tools = 1 %}{{ messages[0].tools }} tools {{ 'tools' }}") }));

        string Option(ChatTemplateOptions given) => Assert.Throws<ChatTemplateOptionException>(() => Render(_question, given)).Option;
    }

    [Fact]
    public void Thinking_is_switched_by_either_name()
    {
        var options = new ChatTemplateOptions { EnableThinking = false };
        Assert.Equal("False", Render(_question, options with { Template = ChatTemplate.Parse("{{ enable_thinking }}") }));
        Assert.Equal("False", Render(_question, options with { Template = ChatTemplate.Parse("{{ thinking }}") }));
        Assert.Equal("", Render(_question, "{{ enable_thinking }}"));
        Assert.EndsWith("<think>\n\n</think>\n\n", Render(_question, options with { Template = GoldenConversations.Template("Qwen-Qwen3-0.6B.jinja") }), StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_replace_those_that_are_set_otherwise()
    {
        var options = new ChatTemplateOptions
        {
            Template = ChatTemplate.Parse("{{ bos_token }}{{ messages }}{{ extra.a }}"),
            Variables = new Dictionary<string, object?> { ["bos_token"] = "B", ["messages"] = "M", ["extra"] = JsonElement.Parse("""{"a": 1}""") },
        };
        Assert.Equal("BM1", Render(_question, options));
    }

    [Fact]
    public void The_time_can_be_fixed()
    {
        var options = new ChatTemplateOptions { Template = ChatTemplate.Parse("{{ strftime_now('%Y-%m-%d') }}"), Now = new DateTimeOffset(2020, 2, 29, 1, 2, 3, TimeSpan.Zero) };
        Assert.Equal("2020-02-29", Render(_question, options));
    }

    [Theory]
    [InlineData("Because", "Because")]
    [InlineData("Because ", "Because ")]
    [InlineData("", "")]
    [InlineData("<|im_end|>\n", "<|im_end|>\n")]
    [InlineData("a", "a")]
    [InlineData("CONTINUE_FINAL_MESSAGE_TAG ", "CONTINUE_FINAL_MESSAGE_TAG ")]
    public void The_last_message_is_cut_off_right_after_its_content(string content, string end)
    {
        Message[] chat = [.. _question, new("assistant", content)];
        var options = new ChatTemplateOptions { ContinueFinalMessage = true, Template = ChatTemplate.Parse(ChatMl) };
        Assert.Equal("<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n" + end, Render(chat, options));
        ChatTemplateOptions trims = options with { Template = ChatTemplate.Parse(ChatMl.Replace("m.content", "m.content | trim", StringComparison.Ordinal)) };
        Assert.Equal("<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n" + end.Trim(), Render(chat, trims));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_template_lets_an_answer_be_continued(string file)
    {
        List<Message> chat = GoldenConversations.Messages("simple");
        ChatTemplateOptions options = GoldenConversations.Options(file, "simple", answer: false);
        if (GoldenConversations.Expected(file, "simple", answer: false) is not { } whole)
        {
            Assert.Throws<ChatTemplateException>(() => Render(chat, options with { ContinueFinalMessage = true }));
            return;
        }
        string begun = Render(chat, options with { ContinueFinalMessage = true });
        Assert.EndsWith(chat[^1].Content, begun, StringComparison.Ordinal);
        Assert.StartsWith(begun, whole, StringComparison.Ordinal);
    }

    [Fact]
    public void A_last_message_that_cannot_be_continued_is_refused()
    {
        var options = new ChatTemplateOptions { ContinueFinalMessage = true, Template = ChatTemplate.Parse(ChatMl) };
        Assert.Throws<InvalidPromptException>(() => Render(_question, options));
        Assert.Throws<InvalidPromptException>(() => Render([], options));
        Message[] chat = [.. _question, new("assistant", "So")];
        Assert.Throws<InvalidPromptException>(() => Render(chat, options with { Template = ChatTemplate.Parse("{{ messages[0].content }}") }));
        Assert.Throws<InvalidPromptException>(() => Render(chat, options with { Template = ChatTemplate.Parse("{{ messages[1].content | upper | replace('_', '') }}") }));
    }

    [Fact]
    public void A_template_that_refuses_is_quoted()
    {
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => Render(
            [new Message("system", "Be brief."), .. _question], new ChatTemplateOptions { Template = GoldenConversations.Template("google-gemma-2-2b-it.jinja") }));
        Assert.Equal("System role not supported", error.TemplateMessage);
        Assert.Throws<ChatTemplateMissingException>(() => Render(_question, new ChatTemplateOptions()));
    }

    private static void Check(string? expected, string file, string context, bool answer)
    {
        if (expected is null)
            Assert.Throws<ChatTemplateException>(() => Render(file, context, answer));
        else
            Assert.Equal(expected, Render(file, context, answer));
    }

    private static string Render(string file, string context, bool answer) =>
        Render(GoldenConversations.Messages(context), GoldenConversations.Options(file, context, answer));

    private static string Render(IReadOnlyList<Message> messages, string source) => Render(messages, new ChatTemplateOptions { Template = ChatTemplate.Parse(source) });

    private static string Render(IReadOnlyList<Message> messages, ChatTemplateOptions options) => string.Concat(new ConversationRenderer(_tokenizer, "gpt-2").Render(messages, options).Select(segment => segment.Text));
}

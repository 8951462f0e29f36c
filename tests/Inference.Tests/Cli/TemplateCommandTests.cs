using System.Text;
using System.Text.Json;
using Inference.Tests.Engine;

namespace Inference.Tests.Cli;

public class TemplateCommandTests
{
    private static readonly string _simple = TestData.Path("chat-templates/contexts/simple.json");

    public static TheoryData<string> Files => [.. GoldenConversations.TemplateFiles];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_rendering_is_printed_and_nothing_else(string file)
    {
        foreach (string context in (string[])["simple", "system", "tool_use", "tool_use_arguments_as_object"])
        {
            foreach (bool answer in (bool[])[true, false])
            {
                string[] arguments = ["template", TestData.Path($"chat-templates/models/{file}"), "--context", TestData.Path($"chat-templates/contexts/{context}.json"), "--now", "2025-07-10T12:00:00"];
                CliRun run = await CliRun.Of(answer ? arguments : [.. arguments, "--no-generation-prompt"]);
                if (GoldenConversations.Expected(file, context, answer) is not { } expected)
                {
                    Assert.Equal(1, run.ExitCode);
                    run.AssertError("Chat template, line");
                    continue;
                }
                Assert.Equal((0, expected, ""), (run.ExitCode, run.Output, run.Error));
            }
        }
    }

    [Fact]
    public async Task The_context_says_whether_an_answer_begins_unless_the_option_does()
    {
        using TemporaryFolder folder = new();
        string template = folder.Write("t.jinja", "{{ add_generation_prompt }} {{ x }}");
        string silent = folder.Write("silent.json", """{"x": "é\u0000"}""");
        string no = folder.Write("no.json", """{"add_generation_prompt": false, "x": 1}""");
        Assert.Equal("True é\0", (await CliRun.Of("template", template, "--context", silent)).Output);
        Assert.Equal("False é\0", (await CliRun.Of("template", template, "--context", silent, "--no-generation-prompt")).Output);
        Assert.Equal("False 1", (await CliRun.Of("template", template, "--context", no)).Output);
        Assert.Equal("False 1", (await CliRun.Of("template", template, "--context", no, "--json")).Json.GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_models_own_template_is_used_with_its_marks_and_the_one_for_tools_where_there_are_any()
    {
        using TemporaryFolder folder = new();
        File.Copy(TestData.Path("models/TinyStories-656K/tokenizer.json"), folder.File("tokenizer.json"));
        string chat = folder.Write("chat.json", """{"messages": [{"role": "user", "content": "Hi"}]}""");
        string tools = folder.Write("tools.json", """{"messages": [], "tools": [{"type": "function"}]}""");
        (await CliRun.Of("template", folder.File(""), "--context", chat)).AssertError("has no chat template");
        folder.Write("tokenizer_config.json", JsonSerializer.Serialize(new
        {
            bos_token = "<|start_story|>",
            chat_template = new[] { new { name = "tool_use", template = "{{ tools[0].type }}" }, new { name = "default", template = "{{ bos_token }}{{ messages[0].content }}" } },
        }));
        Assert.Equal("<|start_story|>Hi", (await CliRun.Of("template", folder.File(""), "--context", chat)).Output);
        Assert.Equal("function", (await CliRun.Of("template", folder.File(""), "--context", tools)).Output);
    }

    [Fact]
    public async Task What_is_wrong_is_told_in_one_line()
    {
        using TemporaryFolder folder = new();
        string good = folder.Write("t.jinja", "a");
        (await CliRun.Of("template", folder.File("none.jinja"), "--context", _simple)).AssertError("none.jinja");
        (await CliRun.Of("template", good, "--context", folder.File("none.json"))).AssertError("none.json");
        (await CliRun.Of("template", good, "--context", folder.Write("list.json", "[1]"))).AssertError("list.json holds no JSON object");
        (await CliRun.Of("template", good, "--context", folder.Write("cut.json", "{\"a\":\n"))).AssertError("cut.json is no JSON");
        (await CliRun.Of("template", good, "--context", _simple, "--now", "yesterday")).AssertError("--now");
        (await CliRun.Of("template", good)).AssertError("--context");
        (await CliRun.Of("template", folder.Write("bad.jinja", "a\n{{ 1 +"), "--context", _simple)).AssertError("line 2");
        (await CliRun.Of("template", folder.Write("raise.jinja", "{{ raise_exception('no\nway') }}"), "--context", _simple)).AssertError("no way");
        (await CliRun.Of("template", good, "--context", folder.Write("deep.json", "{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}"))).AssertError("deep.json");
        Assert.Equal(0, (await CliRun.Of("template", good, "--context", _simple, "--now", "2025-07-10T12:00:00")).ExitCode);
    }

    [Fact]
    public async Task Characters_come_out_as_UTF8()
    {
        using TemporaryFolder folder = new();
        string template = folder.File("t.jinja");
        await File.WriteAllBytesAsync(template, Encoding.UTF8.GetBytes("<｜User｜>{{ messages[0].content }}😀"), TestContext.Current.CancellationToken);
        Assert.Equal("<｜User｜>What's your favourite LLM framework?😀", (await CliRun.Of("template", template, "--context", _simple)).Output);
    }
}

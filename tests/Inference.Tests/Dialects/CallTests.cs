using Inference.Dialects;

namespace Inference.Tests.Dialects;

/// <summary>Calls read, and what is none left as it is.</summary>
public sealed class CallTests
{
    public static TheoryData<string, string, string, string> Cases() => new()
    {
        // template, what is said, calls, answer
        { "<tool_call>", "Let me see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>", "get_weather({\"city\": \"Paris\"})", "Let me see." },
        { "<tool_call>", "<tool_call>{\"name\": \"a\"}</tool_call>\n<tool_call>{\"name\": \"b\", \"arguments\": null}</tool_call>\n", "a({}) b({})", "" },
        { "<tool_call>", "<tool_call>[{\"name\": \"a\"}, {\"name\": \"b\", \"arguments\": \"{\\\"x\\\": 1}\"}]</tool_call>", "a({}) b({\"x\": 1})", "" },
        { "<tool_call>", "<tool_call>{\"name\": \"a\"}\n{\"name\": \"b\"}</tool_call>", "a({}) b({})", "" },
        { "<tool_call>", "<tool_call>{\"function\": {\"name\": \"a\", \"parameters\": {\"x\": [1]}}}</tool_call>", "a({\"x\": [1]})", "" },
        // The end mark in a string, no end mark, text after.
        { "<tool_call>", "<tool_call>{\"name\": \"a\", \"arguments\": {\"x\": \"</tool_call>\"}}</tool_call>!", "a({\"x\": \"</tool_call>\"})", "!" },
        { "<tool_call>", "So <tool_call>{\"name\": \"a\", \"arguments\": {}}", "a({})", "So" },
        { "<tool_call>", "<tool_call>\n<function=get_weather>\n<parameter=city>\nNew\nYork\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>", "get_weather({\"city\": \"New\\nYork\", \"days\": 2})", "" },
        { "<function=", "<function=get_weather>\n<parameter=city>\n12\n</parameter>\n</function>\n</tool_call>", "get_weather({\"city\": \"12\"})", "</tool_call>" },
        { "<tool_call> <function=", "<function=get_weather>\n<parameter=city>\n12\n</parameter>\n</function>\n</tool_call>", "get_weather({\"city\": \"12\"})", "" },
        { "<function=", "<function=get_weather>{\"city\": \"Rome\"}</function>", "get_weather({\"city\": \"Rome\"})", "" },
        { "<tool_call><arg_key>", "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Rome</arg_value>\n<arg_key>tags</arg_key>\n<arg_value>[\"a\"]</arg_value>\n</tool_call>", "get_weather({\"city\": \"Rome\", \"tags\": [\"a\"]})", "" },
        { "<tool_call><arg_key>", "<tool_call>get_time</tool_call>", "get_time({})", "" },
        { "[TOOL_CALLS]", "[TOOL_CALLS][{\"name\": \"a\", \"arguments\": {\"x\": 1}, \"id\": \"abcdefghi\"}, {\"name\": \"b\", \"arguments\": {}}]", "a#abcdefghi({\"x\": 1}) b({})", "" },
        { "[TOOL_CALLS]", "See: [TOOL_CALLS]a[ARGS]{\"x\": 1}[TOOL_CALLS]b[CALL_ID]123456789[ARGS]{}", "a({\"x\": 1}) b#123456789({})", "See:" },
        { "[TOOL_CALLS]", "[TOOL_CALLS] [{\"name\": \"a\", \"arguments\": {}}] Wait.", "a({})", "Wait." },
        { "<|tool_call|>", "<|tool_call|>[{\"name\": \"a\", \"arguments\": {}}]", "a({})", "" },
        { "<|tool_call|><|/tool_call|>", "<|tool_call|>[{\"name\": \"a\", \"arguments\": {}}]<|/tool_call|> Done.", "a({})", "Done." },
        { "functools", "functools[{\"name\": \"a\", \"arguments\": {}}]", "a({})", "" },
        { "<｜tool▁call▁begin｜>", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>a\n```json\n{\"x\": 1}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>b\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "a({\"x\": 1}) b({})", "" },
        { "<｜tool▁call▁begin｜>", "Hm. <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>a<｜tool▁sep｜>{\"x\": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "a({\"x\": 1})", "Hm." },
        { "｜DSML｜", "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">7</｜DSML｜parameter>\n<｜DSML｜parameter name=\"days\" string=\"false\">7</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"b\">\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>", "get_weather({\"city\": \"7\", \"days\": 7}) b({})", "" },
        { "<minimax:tool_call>", "<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">7</parameter>\n<parameter name=\"exact\">true</parameter>\n</invoke>\n</minimax:tool_call>", "get_weather({\"city\": \"7\", \"exact\": true})", "" },
        { "<|tool_call_begin|>", "<|tool_calls_section_begin|><|tool_call_begin|>functions.a:0<|tool_call_argument_begin|>{\"x\": 1}<|tool_call_end|><|tool_call_begin|>functions.b:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", "a#functions.a:0({\"x\": 1}) b#functions.b:1({})", "" },
        { "<|tool_call_start|>", "<|tool_call_start|>[get_weather(city=\"Paris\", days=-2, exact=True, tags=['a', \"b\\n\"]), b()]<|tool_call_end|>Checking.", "get_weather({\"city\": \"Paris\", \"days\": -2, \"exact\": true, \"tags\": [\"a\", \"b\\n\"]}) b({})", "Checking." },
        { "<|tool_call>", "<|tool_call>call:get_weather{city:<|\"|>Pa \"r\" is<|\"|>,days:3,tags:[<|\"|>a<|\"|>],o:{k:null,<|\"|>b c<|\"|>:1.5}}<tool_call|>", "get_weather({\"city\": \"Pa \\\"r\\\" is\", \"days\": 3, \"tags\": [\"a\"], \"o\": {\"k\": null, \"b c\": 1.5}})", "" },
        { "<|START_ACTION|>", "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"a\", \"parameters\": {\"x\": 1}}\n]<|END_ACTION|>", "a({\"x\": 1})", "" },
        { "<|tools_prefix|>", "<|tools_prefix|>[{\"a\": {\"x\": 1}}, {\"b\": {}}]<|tools_suffix|>", "a({\"x\": 1}) b({})", "" },
        { "<TOOLCALL>", "<TOOLCALL>[{\"name\": \"a\", \"arguments\": {}}]</TOOLCALL>", "a({})", "" },
        { "<use_mcp_tool>", "I look.\n<use_mcp_tool>\n<server_name>s</server_name>\n<tool_name>get_time</tool_name>\n<arguments>\n{\"x\": 1}\n</arguments>\n</use_mcp_tool>", "get_time({\"x\": 1})", "I look." },
        { "<|role_sep|>", "Hm.<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"a\", \"arguments\": {}}<|message_sep|>", "a({})", "Hm." },
        { "<|python_tag|>", "<|python_tag|>get_weather.call(city=\"Paris\", days=1)", "get_weather({\"city\": \"Paris\", \"days\": 1})", "" },
        { "<|python_tag|>", "<|python_tag|>{\"name\": \"a\", \"parameters\": {}}", "a({})", "" },
        { "<|python_tag|>", "<|python_tag|>x = 1\nprint(\"<|python_tag|>\")", "python({\"code\": \"x = 1\\nprint(\\\"<|python_tag|>\\\")\"})", "" },
        { "{\"name\": function name, \"parameters\": ", "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"}\"}}; {\"type\": \"function\", \"name\": \"get_time\", \"parameters\": {}}", "get_weather({\"city\": \"}\"}) get_time({})", "" },
    };

    public static TheoryData<string, string> Malformed() => new()
    {
        { "<tool_call>", "<tool_call>{\"name\": }</tool_call> so." },
        { "<tool_call>", "<tool_call></tool_call>" },
        { "<tool_call>", "<tool_call>hello</tool_call>" },
        { "<tool_call>", "<tool_call>{\"name\": \"\", \"arguments\": {}}</tool_call>" },
        { "<tool_call>", "<tool_call>{\"name\": \"a\", \"arguments\": [1]}</tool_call>" },
        { "<tool_call>", "<tool_call>{\"name\": \"a\", \"arguments\": \"x\"}</tool_call>" },
        { "<tool_call>", "<tool_call>{\"name\": \"a\", \"arguments\": {\"x\": 1" },
        { "<tool_call>", "<tool_call>{\"name\": \"a\\ud800\"}</tool_call>" },
        { "<tool_call>", "<tool_call>{\"name\": \"a\"} and more</tool_call>" },
        { "<tool_call>", "<tool_call>" },
        { "<tool_call>", "</tool_call> \n" },
        { "<tool_call>", "<tool_call>\n<function=a>\n<parameter=x>1</parameter>junk</function></tool_call>" },
        { "<tool_call>", "<tool_call>\n<function=a>\n<parameter=x>1" },
        { "<tool_call><arg_key>", "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Rome</arg_val</tool_call>" },
        { "[TOOL_CALLS]", "[TOOL_CALLS]" },
        { "[TOOL_CALLS]", "[TOOL_CALLS][{\"name\": \"a\"" },
        { "[TOOL_CALLS]", "[TOOL_CALLS]a b[ARGS]{}" },
        { "<｜tool▁call▁begin｜>", "<｜tool▁call▁begin｜>a{}<｜tool▁call▁end｜>" },
        { "｜DSML｜", "<｜DSML｜tool_calls></｜DSML｜tool_calls>" },
        { "｜DSML｜", "<｜DSML｜tool_calls><｜DSML｜invoke name=\"a\">x</｜DSML｜invoke></｜DSML｜tool_calls>" },
        { "<|tool_call_begin|>", "<|tool_call_begin|>functions.a:0<|tool_call_end|>" },
        { "<|tool_call_start|>", "<|tool_call_start|>[f(x)]<|tool_call_end|>" },
        { "<|tool_call_start|>", "<|tool_call_start|>[f(x=1]<|tool_call_end|>" },
        { "<|tool_call_start|>", "<|tool_call_start|>[f(x='\\ud83')]<|tool_call_end|>" },
        { "<|tool_call>", "<|tool_call>call:f{x:<|\"|>a}<tool_call|>" },
        { "<|START_ACTION|>", "<|START_ACTION|>[]<|END_ACTION|>" },
        { "<|tools_prefix|>", "<|tools_prefix|>[{\"a\": {}, \"b\": {}}]<|tools_suffix|>" },
        { "<use_mcp_tool>", "<use_mcp_tool><tool_name>a</tool_name></use_mcp_tool>" },
        { "{\"name\": function name, \"parameters\": ", "{\"name\": \"unknown\", \"parameters\": {}}" },
        { "{\"name\": function name, \"parameters\": ", "{\"answer\": 42}" },
        { "{\"name\": function name, \"parameters\": ", "{\"name\": \"get_time\", \"parameters\": " },
        { "{\"name\": function name, \"parameters\": ", "Say {\"name\": \"get_time\", \"parameters\": {}}" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Calls_are_read(string template, string said, string calls, string answer)
    {
        foreach (Dialect dialect in Dialects(template))
        {
            foreach (int width in (int[])[1, 2, 5, 1000])
            {
                SpokenAnswer read = SpokenAnswer.Read(dialect, "", said, Tools.All, () => width);
                Assert.Equal(calls, string.Join(' ', read.Calls.Select(call => $"{call.Name}{(call.Id is null ? "" : "#" + call.Id)}({call.Arguments})")));
                Assert.Equal(answer, read.Text);
                Assert.Equal(said, read.Raw);
                Assert.Empty(SpokenAnswer.Read(dialect, "", said, [], () => width).Calls);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void What_is_no_call_is_answer(string template, string said)
    {
        foreach (Dialect dialect in Dialects(template))
        {
            foreach (int width in (int[])[1, 2, 5, 1000])
            {
                SpokenAnswer read = SpokenAnswer.Read(dialect, "", said, Tools.All, () => width);
                Assert.Empty(read.Calls);
                Assert.Equal(said, read.Text);
            }
        }
    }

    [Fact]
    public void A_call_after_a_malformed_one_is_read()
    {
        foreach (Dialect dialect in Dialects("<tool_call>"))
        {
            SpokenAnswer read = SpokenAnswer.Read(dialect, "", "<tool_call>{oops <tool_call>{\"name\": \"a\"}</tool_call>", Tools.All);
            Assert.Equal(["a({})"], read.Called);
            Assert.Equal("<tool_call>{oops", read.Text);
        }
    }

    [Fact]
    public void Reasoning_answer_and_calls_together()
    {
        foreach (Dialect dialect in Dialects("<think></think><tool_call></tool_call>"))
        {
            SpokenAnswer read = SpokenAnswer.Read(dialect, "<think>\n", "A <tool_call> is due.\n</think>\n\nOne moment.\n\n<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>", Tools.All, () => 4);
            Assert.Equal(("A <tool_call> is due.", "One moment."), (read.Reasoning, read.Text));
            Assert.Equal(["get_time({})"], read.Called);
        }
    }

    [Fact]
    public void Kimi_s_section_ends_a_reasoning_that_is_not_closed()
    {
        string[] tokens = ["<think>", "</think>", "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>", "<|tool_call_end|>", "<|tool_call_argument_begin|>"];
        Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet(tokens), "");
        SpokenAnswer read = SpokenAnswer.Read(dialect, "<think>", "Hm. <|tool_calls_section_begin|><|tool_call_begin|>functions.a:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", Tools.All);
        Assert.Equal(("Hm.", ""), (read.Reasoning, read.Text));
        Assert.Equal(["a({})"], read.Called);
    }

    [Fact]
    public void Ids_are_new_to_the_conversation_and_the_same_each_time()
    {
        string?[] given = [null, "call_1", "call_1", "mine", null, new string('x', 1000)];
        var ids = new ToolCallIds(7, ["mine"]);
        string[] drawn = [.. given.Select(ids.Next)];
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
        Assert.Equal("call_1", drawn[1]);
        Assert.DoesNotContain("mine", drawn);
        Assert.All((int[])[0, 2, 3, 4, 5], i => Assert.Matches("^[A-Za-z0-9]{9}$", drawn[i]));
        var again = new ToolCallIds(7, ["mine"]);
        Assert.Equal(drawn, given.Select(again.Next));
        Assert.NotEqual(drawn[0], new ToolCallIds(8, []).Next(null));
    }

    private static Dialect[] Dialects(string template)
    {
        string[] tokens = [.. Families.Marks.Where(mark => !mark.Contains(' ', StringComparison.Ordinal) && template.Contains(mark, StringComparison.Ordinal))];
        return [Dialect.Find(SpokenAnswer.Alphabet([]), template), Dialect.Find(SpokenAnswer.Alphabet(tokens), template)];
    }
}

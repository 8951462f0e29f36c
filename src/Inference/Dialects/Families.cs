namespace Inference.Dialects;

/// <summary>The marks of the model families that are known, as their templates and cards show them.</summary>
internal static class Families
{
    /// <summary>gpt-oss: channels, by the Harmony format (https://cookbook.openai.com/articles/openai-harmony).</summary>
    public static readonly string[] Harmony = ["<|start|>", "<|channel|>", "<|message|>", "<|constrain|>", "<|end|>", "<|call|>", "<|return|>"];

    /// <summary>Thinking. Most models; Mistral; Cohere; Apertus; Gemma 4; Seed; Kimi; Granite 3.2.</summary>
    public static readonly ReasoningMarks[] Reasoning =
    [
        new("<think>", "</think>"),
        new("[THINK]", "[/THINK]"),
        new("<|START_THINKING|>", "<|END_THINKING|>"),
        new("<|inner_prefix|>", "<|inner_suffix|>"),
        new("<|channel>thought", "<channel|>"),
        new("<seed:think>", "</seed:think>"),
        new("◁think▷", "◁/think▷"),
        new("Here is my thought process:", "Here is my response:"),
    ];

    /// <summary>Marks around the answer itself. Cohere; Granite 3.3; Hunyuan.</summary>
    public static readonly (string Open, string Close)[] Answers =
    [
        ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
        ("<|START_TEXT|>", "<|END_TEXT|>"),
        ("<response>", "</response>"),
        ("<answer>", "</answer>"),
    ];

    /// <summary>Calls. Of those with the same opening mark the first that a model shows counts.</summary>
    public static readonly CallMarks[] Calls =
    [
        // Hermes, Qwen, SmolLM3, Granite 4, Bielik, Reka with JSON; Qwen3-Coder, Nemotron 3, Step with function tags; GLM with argument tags.
        new("<tool_call>", "</tool_call>", TagCalls.Read),
        // Functionary, and Qwen3-Coder where it forgets the tag around it.
        new("<function=", "</function>", TagCalls.ReadFunction),
        new("[TOOL_CALLS]", null, NamedCalls.ReadMistral) { EndsWithNext = true },
        // Phi-4-mini, then Granite 3.
        new("<|tool_call|>", "<|/tool_call|>", JsonCalls.Read) { Sign = "<|/tool_call|>" },
        new("<|tool_call|>", null, JsonCalls.Read),
        new("functools", null, JsonCalls.Read),
        new("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", NamedCalls.ReadDeepSeek) { Sections = ["<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"] },
        new("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", TagCalls.ReadInvocations) { Sign = "｜DSML｜" },
        new("<｜DSML｜function_calls>", "</｜DSML｜function_calls>", TagCalls.ReadInvocations) { Sign = "｜DSML｜" },
        new("<minimax:tool_call>", "</minimax:tool_call>", TagCalls.ReadInvocations),
        new("<|tool_call_begin|>", "<|tool_call_end|>", NamedCalls.ReadKimi) { Sections = ["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"] },
        // LFM2.
        new("<|tool_call_start|>", "<|tool_call_end|>", CodeCalls.ReadPython),
        // Gemma 4.
        new("<|tool_call>", "<tool_call|>", CodeCalls.ReadGemma),
        // Cohere.
        new("<|START_ACTION|>", "<|END_ACTION|>", JsonCalls.ReadWithoutIds),
        // Apertus.
        new("<|tools_prefix|>", "<|tools_suffix|>", JsonCalls.ReadNamed),
        // Nemotron 2.
        new("<TOOLCALL>", "</TOOLCALL>", JsonCalls.Read),
        // MiroThinker.
        new("<use_mcp_tool>", "</use_mcp_tool>", TagCalls.ReadServerTool),
        // GigaChat 3.
        new("function call<|role_sep|>", "<|message_sep|>", JsonCalls.Read) { Sign = "<|role_sep|>", Sections = ["<|message_sep|>"] },
        // Llama 3.
        new("<|python_tag|>", null, CodeCalls.ReadPythonTag),
        new("{", null, BareCalls.Read) { Sign = "{\"name\": function name, \"parameters\":", IsBare = true },
    ];

    /// <summary>All that a vocabulary may have a token for.</summary>
    public static IReadOnlyCollection<string> Marks { get; } =
    [
        .. Harmony,
        .. Reasoning.SelectMany(marks => (string[])[marks.Open, marks.Close]),
        .. Answers.SelectMany(marks => (string[])[marks.Open, marks.Close]),
        .. Calls.Where(marks => !marks.IsBare).SelectMany(marks => (string[])[marks.Open, marks.Close ?? marks.Open, .. marks.Sections]),
        // Parts of patterns, and what stands inside calls.
        "<|channel>", "<|role_sep|>", "[ARGS]", "[CALL_ID]", "<｜tool▁sep｜>", "<|tool_call_argument_begin|>", "<|\"|>", "｜DSML｜", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>",
    ];
}

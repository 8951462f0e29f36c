using Inference.Dialects;

namespace Inference.Tests.Dialects;

/// <summary>Reasoning told from the answer.</summary>
public sealed class ReasoningTests
{
    private static readonly string[] _think = ["<think>", "</think>"];

    public static TheoryData<string, string, string, string, string> Cases() => new()
    {
        // template, end of the prompt, what is said, reasoning, answer
        { "<think>", "assistant\n", "<think>\nHm.\n\nYes.\n</think>\n\nParis.\n", "Hm.\n\nYes.", "Paris.\n" },
        { "<think>", "assistant\n<think>\n", "Hm.\n</think>\n\nParis.", "Hm.", "Paris." },
        { "</think>", "assistant\n<think>\n", "Never closed\n", "Never closed", "" },
        { "<think>", "assistant\n<think>\n\n</think>\n\n", "Paris.", "", "Paris." },
        { "<think>", "assistant\n<think>\n\n</think>\n\n", "\n<think>Still.</think>Paris.", "Still.", "Paris." },
        { "<think>", "assistant\n", "\n\n Paris.", "", "\n\n Paris." },
        { "<think>", "assistant\n", "The tag <b>, not <thin", "", "The tag <b>, not <thin" },
        { "<think>", "assistant\n", "<think>\n\n</think>\n\nParis.", "", "Paris." },
        { "nothing", "assistant\n", "<think>Hm.</think>Paris.", "", "<think>Hm.</think>Paris." },
        { "[THINK]", "[/INST]", "[THINK]Hm.[/THINK]Paris.", "Hm.", "Paris." },
        { "<|START_THINKING|>", "<|CHATBOT_TOKEN|>", "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Paris.<|END_RESPONSE|>", "Hm.", "Paris." },
        { "<|START_THINKING|> <|START_RESPONSE|>", "<|CHATBOT_TOKEN|><|START_THINKING|><|END_THINKING|>", "<|START_RESPONSE|>Paris.<|END_RESPONSE|>", "", "Paris." },
        { "<|inner_prefix|>", "<|assistant_start|>", "<|inner_prefix|>Hm.<|inner_suffix|>Paris.", "Hm.", "Paris." },
        { "<|channel>thought", "<|turn>model\n", "<|channel>thought\nHm.\n<channel|>Paris.", "Hm.", "Paris." },
        { "<think></think><response></response>", "<|end_of_role|>", "<think>Hm.</think>\n<response>Paris.</response>\n", "Hm.", "Paris." },
        { "<think></think><response></response>", "<|end_of_role|>", "<think>Hm.</think>No <response> here.</response>", "Hm.", "No <response> here.</response>" },
        { "Here is my thought process:", "<|end_of_role|>", "Here is my thought process: Hm.\n\nHere is my response: Paris.", "Hm.", "Paris." },
        { "Here is my thought process:", "<|end_of_role|>", "So, Here is my thought process: Hm.", "", "So, Here is my thought process: Hm." },
        { "<seed:think>", "assistant\n", "<seed:think>Hm.</seed:think>Paris.", "Hm.", "Paris." },
        { "◁think▷", "assistant\n", "◁think▷Hm.◁/think▷Paris.", "Hm.", "Paris." },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reasoning_is_told_from_the_answer(string template, string prompt, string said, string reasoning, string answer)
    {
        // Cohere's answer marks have no text of their own where nothing in the template spells them.
        template = template == "<|START_THINKING|>" ? template + "<|START_RESPONSE|>" : template;
        foreach (string[] tokens in (string[][])[[], [.. Families.Marks.Where(mark => !mark.Contains(' ', StringComparison.Ordinal) && template.Contains(mark, StringComparison.Ordinal))]])
        {
            if (tokens.Contains("<response>"))
                continue;
            Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet(tokens), template);
            foreach (int width in (int[])[1, 2, 3, 7, 1000])
            {
                SpokenAnswer read = SpokenAnswer.Read(dialect, prompt, said, [], () => width);
                Assert.Equal((reasoning, answer), (read.Reasoning, read.Text));
                Assert.Equal(said, read.Raw);
            }
        }
    }

    [Fact]
    public void Where_the_mark_is_a_token_its_spelling_is_text()
    {
        Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet(_think), "<think>");
        string open = dialect.Alphabet.Encode("<think>"), close = dialect.Alphabet.Encode("</think>");
        SpokenAnswer read = SpokenAnswer.ReadEncoded(dialect, "", $"{open}The tag </think> ends it.{close}Write <think> first.", []);
        Assert.Equal(("The tag </think> ends it.", "Write <think> first."), (read.Reasoning, read.Text));
        Assert.Equal("<think>Hm.</think>Paris.", SpokenAnswer.ReadEncoded(dialect, "", "<think>Hm.</think>Paris.", []).Text);
    }

    [Fact]
    public void A_token_opens_reasoning_again_in_the_middle_of_an_answer()
    {
        Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet(_think), "");
        SpokenAnswer read = SpokenAnswer.Read(dialect, "", "<think>a</think>b <think>c</think> d", []);
        Assert.Equal(("ac", "bd"), (read.Reasoning, read.Text));
        dialect = Dialect.Find(SpokenAnswer.Alphabet([]), "<think>");
        Assert.Equal("b <think>c</think> d", SpokenAnswer.Read(dialect, "", "<think>a</think>b <think>c</think> d", []).Text);
    }

    [Fact]
    public void A_prompt_s_question_opens_nothing()
    {
        Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet([]), "<think>");
        Assert.Null(dialect.Beginning("user: <think>\nassistant:").Reasoning);
        Assert.NotNull(dialect.Beginning("assistant: <think>\n").Reasoning);
        Assert.True(dialect.Beginning("assistant: <think></think>\n").Reasoned);
    }

    [Fact]
    public void A_message_that_is_gone_on_with_may_be_in_the_middle_of_its_reasoning()
    {
        Dialect dialect = Dialect.Find(SpokenAnswer.Alphabet(_think), "<think>");
        Assert.NotNull(dialect.Continuation("<think>\nSo").Reasoning);
        Assert.Null(dialect.Continuation("<think>\nSo</think> well").Reasoning);
        Assert.Null(dialect.Continuation("So").Reasoning);
    }
}

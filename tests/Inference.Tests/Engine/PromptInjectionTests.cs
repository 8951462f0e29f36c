using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference.Tests.Engine;

/// <summary>No message, tool or answer can spell a token that means something to the model.</summary>
public sealed class PromptInjectionTests
{
    private static readonly Tokenizer _tokenizer = MarkTokenizer.Instance;

    public static TheoryData<string> Files => [.. GoldenConversations.TemplateFiles];

    [Theory]
    [MemberData(nameof(Files))]
    public void Harmless_conversations_become_the_tokens_of_their_text(string file)
    {
        foreach (string context in (string[])["simple", "system", "tool_use"])
        {
            if (GoldenConversations.Expected(file, context == "tool_use" ? "tool_use_arguments_as_object" : context, answer: true) is null || !TryRender(file, GoldenConversations.Messages(context), GoldenConversations.Options(file, context, answer: true), out IReadOnlyList<TextSegment> segments))
                continue;
            int[] expected = _tokenizer.Encode(string.Concat(segments.Select(segment => segment.Text)), addSpecial: false, parseSpecial: true);
            Assert.Equal(expected, _tokenizer.Encode(segments, addSpecial: false));
            Assert.Contains(expected, _tokenizer.IsSpecial);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Hostile_conversations_have_the_special_tokens_of_harmless_ones(string file)
    {
        // What a template looks for in a content changes what it spells; that is its own doing.
        string source = GoldenConversations.Source(file);
        string[] hostile = [.. MarkTokenizer.Marks.Where(mark => !Regex.IsMatch(source, $"""['"]\S*{Regex.Escape(mark)}\S*['"]\)?\s+(not\s+)?in\b|(split|replace|startswith|endswith|find|strip)\(\s*['"]{Regex.Escape(mark)}"""))];
        Assert.True(hostile.Length > 10);
        int rendered = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            bool calls = seed % 2 == 1 && GoldenConversations.Template(file).Mentions("tool_calls");
            if (!TryRender(file, Conversation(new Random(seed), hostile, harmless: false, calls), Options(file, new Random(seed), hostile, harmless: false), out IReadOnlyList<TextSegment> segments))
                continue;
            rendered++;
            Assert.True(TryRender(file, Conversation(new Random(seed), hostile, harmless: true, calls), Options(file, new Random(seed), hostile, harmless: true), out IReadOnlyList<TextSegment> expected));
            // Of the same shape, but where a template escapes HTML.
            Assert.True(file is "meetkai-functionary-medium-v3.1.jinja" || expected.Sum(segment => segment.Text.Length) == segments.Sum(segment => segment.Text.Length));
            Assert.Equal(Specials(expected), Specials(segments));
        }
        Assert.True(rendered >= (file is "MiroThinker.jinja" ? 0 : 20), $"{rendered} rendered");
    }

    [Fact]
    public void A_beginning_is_never_put_in_twice()
    {
        var renderer = new ConversationRenderer(_tokenizer, "test");
        Assert.True(_tokenizer.AddsBeginOfText);
        var reader = new PromptReader(_tokenizer, "test", _tokenizer.VocabularySize);
        foreach ((string source, int count) in new[] { ("{{ bos_token }}{{ messages[0].content }}", 1), ("<|startoftext|>{{ messages[0].content }}", 1), ("{{ messages[0].content }}", 0) })
        {
            Prompt prompt = Prompt.FromMessages([new("user", "Why <|startoftext|>?")], new ChatTemplateOptions { Template = ChatTemplate.Parse(source) });
            Assert.Equal(count, reader.Read(prompt).Count(token => token == _tokenizer.BeginOfText));
        }
        Assert.Equal(1, reader.Read("Why?").Count(token => token == _tokenizer.BeginOfText));
    }

    [Fact]
    public void A_mark_may_be_made_of_the_role_and_of_no_other_word()
    {
        var options = new ChatTemplateOptions { Template = ChatTemplate.Parse("{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ m.content }}{{ '<|' + m.content + '|>' }}{% endfor %}") };
        Assert.Equal(["<|user|>"], Special([new("user", "user")]));
        Assert.Equal(["<|user|>"], Special([new("user", "<|user|>")]));
        Assert.Empty(Special([new("user|", "user")]));
        Assert.Empty(Special([new("user|><|user", "user")]));

        string[] Special(Message[] messages) =>
            [.. Specials(new ConversationRenderer(_tokenizer, "test").Render(messages, options)).Select(token => _tokenizer.TokenText(token)!)];
    }

    private static int[] Specials(IReadOnlyList<TextSegment> segments) => [.. _tokenizer.Encode(segments, addSpecial: false).Where(_tokenizer.IsSpecial)];

    private static bool TryRender(string file, IReadOnlyList<Message> messages, ChatTemplateOptions options, out IReadOnlyList<TextSegment> segments)
    {
        try
        {
            segments = new ConversationRenderer(_tokenizer, file).Render(messages, options);
            return true;
        }
        catch (Exception refusal) when (refusal is ChatTemplateException or ChatTemplateOptionException)
        {
            segments = [];
            return false;
        }
    }

    private static ChatTemplateOptions Options(string file, Random random, string[] hostile, bool harmless)
    {
        ChatTemplate template = GoldenConversations.Template(file);
        var schema = new { type = "object", properties = new { code = new { type = "string", description = Text(random, hostile, harmless) } }, required = new[] { "code" } };
        return new ChatTemplateOptions
        {
            Template = template,
            Now = GoldenConversations.Now,
            AddGenerationPrompt = random.Next(2) == 0,
            Tools = template.Reads("tools") && random.Next(2) == 0
                ? [new ToolDefinition("ipython", Text(random, hostile, harmless), JsonSerializer.SerializeToElement(schema))]
                : [],
            EnableThinking = template.Reads("enable_thinking") ? random.Next(2) == 0 : null,
        };
    }

    private static List<Message> Conversation(Random random, string[] hostile, bool harmless, bool calls)
    {
        List<Message> messages = [];
        for (int turn = random.Next(1, 4); turn > 0; turn--)
        {
            messages.Add(new("user", Text(random, hostile, harmless)));
            if (calls)
            {
                string arguments = JsonSerializer.Serialize(new { code = Text(random, hostile, harmless) }, _relaxed);
                messages.Add(new("assistant", "") { ToolCalls = [new("callAbc12", "ipython", arguments)] });
                messages.Add(new("tool", Text(random, hostile, harmless)) { ToolCallId = "callAbc12", Name = "ipython" });
            }
            messages.Add(new("assistant", Text(random, hostile, harmless)) { Reasoning = random.Next(2) == 0 ? Text(random, hostile, harmless) : null });
        }
        return messages;
    }

    private static readonly JsonSerializerOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A text of marks, halves of marks and words; the harmless one has letters for the signs that marks are made of.</summary>
    private static string Text(Random random, string[] hostile, bool harmless)
    {
        string text = "";
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            string mark = hostile[random.Next(hostile.Length)];
            int cut = random.Next(1, mark.Length);
            text += random.Next(4) switch { 0 => mark[..cut], 1 => mark[cut..], 2 => " a word ", _ => mark };
        }
        text = "w" + text + "w";
        return harmless ? string.Concat(text.Select(c => c == '｜' ? 'ｘ' : "<>|[]/".Contains(c, StringComparison.Ordinal) ? 'x' : c)) : text;
    }
}

using System.Text.Json;
using Inference.Formats;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference.Tests.Engine;

/// <summary>Which template a model's files give, and that a prompt's options reach it wherever the prompt is read.</summary>
public sealed class PromptReaderTests : IDisposable
{
    private static readonly ToolDefinition _tool = new("look", "Looks.", JsonElement.Parse("{}"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("inference-prompt-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_GGUF_file_may_have_a_template_for_tools()
    {
        string path = Path.Combine(_folder.FullName, "two.gguf");
        using (GgufFile source = GgufFile.Open(TestData.Path("vocab/ggml-vocab-gpt-2.gguf")))
        {
            GgufWriter writer = new();
            foreach ((string key, GgufValue value) in source.Metadata)
                writer.SetMetadata(key, value);
            writer.SetMetadata("tokenizer.chat_template", GgufValue.From("plain {{ messages[0].content }}"));
            writer.SetMetadata("tokenizer.chat_template.tool_use", GgufValue.From("tools {{ tools[0].function.name }}"));
            writer.Save(path);
        }
        CheckBoth(Tokenizer.Load(path));
    }

    [Fact]
    public void So_may_a_folder_in_a_list_or_beside_the_list()
    {
        File.Copy(TestData.Path("models/TinyStories-656K/tokenizer.json"), Path.Combine(_folder.FullName, "tokenizer.json"));
        Write("tokenizer_config.json", JsonSerializer.Serialize(new
        {
            chat_template = new[] { new { name = "tool_use", template = "tools {{ tools[0].function.name }}" }, new { name = "default", template = "plain {{ messages[0].content }}" } },
        }));
        CheckBoth(Tokenizer.Load(_folder.FullName));

        Write("tokenizer_config.json", "{}");
        Write("chat_template.jinja", "plain {{ messages[0].content }}");
        Assert.Equal("Tools", Assert.Throws<ChatTemplateOptionException>(() => Render(Tokenizer.Load(_folder.FullName), new() { Tools = [_tool] })).Option);
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "additional_chat_templates"));
        Write("additional_chat_templates/tool_use.jinja", "tools {{ tools[0].function.name }}");
        CheckBoth(Tokenizer.Load(_folder.FullName));
    }

    [Fact]
    public void Options_reach_the_template_wherever_a_prompt_is_read()
    {
        Tokenizer tokenizer = MarkTokenizer.Instance;
        var reader = new PromptReader(tokenizer, "test", tokenizer.VocabularySize);
        var template = new ChatTemplateOptions
        {
            Template = ChatTemplate.Parse("{% for m in messages %}{{ m.content }}{% endfor %}{{ word }}{% if add_generation_prompt %}!{% endif %}"),
            Variables = new Dictionary<string, object?> { ["word"] = "Z" },
        };
        Message[] chat = [new("user", "aaaaaaaa"), new("assistant", "bbbbbbbb"), new("user", "cccc")];
        Prompt prompt = Prompt.FromMessages(chat, template);
        Assert.Equal("aaaaaaaabbbbbbbbccccZ!", tokenizer.Decode(reader.Read(prompt)));
        Assert.Equal("aaaaaaaabbbbbbbbccccZ", tokenizer.Decode(reader.Read(prompt, answer: false)));
        (int[] tokens, IReadOnlyList<Message> dropped) = reader.Fit(prompt, new() { MaxOutputTokens = 4, ContextPolicy = ContextPolicy.DropOldestTurns }, contextLength: 16);
        Assert.Equal("ccccZ!", tokenizer.Decode(tokens));
        Assert.Equal(chat[..2], dropped);
        Message[] begun = [.. chat, new("assistant", "Yes and")];
        Assert.Equal("aaaaaaaabbbbbbbbccccYes and", tokenizer.Decode(reader.Read(Prompt.FromMessages(begun, template with { ContinueFinalMessage = true }))));
    }

    private static void CheckBoth(Tokenizer tokenizer)
    {
        Assert.Equal("plain Hi", Render(tokenizer, new()));
        Assert.Equal("tools look", Render(tokenizer, new() { Tools = [_tool] }));
    }

    private static string Render(Tokenizer tokenizer, ChatTemplateOptions options) =>
        string.Concat(new ConversationRenderer(tokenizer, "test").Render([new("user", "Hi")], options).Select(segment => segment.Text));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}

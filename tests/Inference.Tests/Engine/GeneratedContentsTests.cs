using System.Text;
using Inference.Templating;
using Inference.Tests.Tokenization;
using Inference.Tokenization;

namespace Inference.Tests.Engine;

/// <summary>Answers stay the tokens that they were generated as.</summary>
public sealed class GeneratedContentsTests
{
    private static readonly ChatTemplateOptions _template = new()
    {
        Template = ChatTemplate.Parse("{% for m in messages %}<|start_story|>{{ m.content }}{{ '<|end_story|>' if m.role == 'assistant' else '.' }}{% endfor %}{% if add_generation_prompt %}<|start_story|>{% endif %}"),
    };

    [Fact]
    public void A_content_that_is_shown_whole_is_its_tokens()
    {
        Tokenizer tokenizer = Tokenizers.Gpt2;
        int[] letters = [.. "Hello world".Select(c => tokenizer.Encode(c.ToString())[0])];
        Message[] chat = [new("user", "Hello world"), new("assistant", "Hello world") { ContentTokens = letters }, new("user", "Hello world")];
        var reader = new PromptReader(tokenizer, "test", tokenizer.VocabularySize);
        int[] Read(string source) => reader.Read(Prompt.FromMessages(chat, new() { Template = ChatTemplate.Parse(source) }));

        const string Plain = "{% for m in messages %}A {{ m.content }} B{% endfor %}";
        Assert.Equal([.. tokenizer.Encode("A Hello world BA "), .. letters, .. tokenizer.Encode(" BA Hello world B")], Read(Plain));
        // Shown otherwise, it is text.
        int[] text = tokenizer.Encode("A HELLO WORLD BA HELLO WORLD BA HELLO WORLD B");
        Assert.Equal(text, Read(Plain.Replace("m.content", "m.content|upper", StringComparison.Ordinal)));
        chat[1] = chat[1] with { Content = " Hello", ContentTokens = tokenizer.Encode(" H").Concat(tokenizer.Encode("ello")).ToArray() };
        Assert.Equal(tokenizer.Encode("A Hello world BA Hello BA Hello world B"), Read(Plain.Replace("m.content", "m.content|trim", StringComparison.Ordinal)));
    }

    [Fact]
    public void Tokens_that_do_not_spell_the_content_are_refused()
    {
        Tokenizer tokenizer = Tokenizers.Gpt2;
        var reader = new PromptReader(tokenizer, "test", tokenizer.VocabularySize);
        foreach (int[] tokens in (int[][])[[], [0], [.. tokenizer.Encode("Hell")], [.. tokenizer.Encode("Hello!")], [.. tokenizer.Encode("Hello"), 50256], [50256, .. tokenizer.Encode("Hello")], [-1], [1 << 30]])
        {
            Message message = new("assistant", "Hello") { ContentTokens = tokens };
            Assert.Throws<InvalidPromptException>(() => reader.Read(Prompt.FromMessages([message], new() { Template = ChatTemplate.Parse("{{ messages[0].content }}") })));
        }
    }

    [Fact]
    public void After_tokens_no_text_begins_anew()
    {
        Tokenizer tokenizer = Tokenizers.Llama;
        var reader = new PromptReader(tokenizer, "test", tokenizer.VocabularySize);
        int[] answer = tokenizer.Encode("Hello", addSpecial: false);
        string content = Encoding.UTF8.GetString([.. answer.SelectMany(token => tokenizer.TokenBytes(token).ToArray())]);
        Message[] chat = [new("assistant", content) { ContentTokens = answer }];
        int[] ids = reader.Read(Prompt.FromMessages(chat, new() { Template = ChatTemplate.Parse("<s>{{ messages[0].content }}\nmore") }));
        Assert.Equal([1, .. answer, .. tokenizer.Encode("<s>\nmore", addSpecial: false, parseSpecial: true)[1..]], ids);
    }

    [Fact]
    public async Task The_turns_of_a_sampled_chat_begin_with_all_that_was_said()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Path("models/TinyStories-656K"), new() { KvBlockSize = 8 }, null, TestContext.Current.CancellationToken);
        List<Message> chat = [];
        int[]? said = null;
        long asked = 0, cached = 0, again = 0;
        for (int turn = 0; turn < 10; turn++)
        {
            chat.Add(new("user", $"Tell {turn}"));
            Generation generation = engine.Submit(Prompt.FromMessages(chat, _template), new() { MaxOutputTokens = 20, Temperature = 1, Seed = (ulong)turn });
            GenerationResult result = await generation.Completion;
            if (said is not null)
            {
                Assert.Equal(said, generation.PromptTokens.Take(said.Length));
                asked += generation.PromptTokens.Count;
                cached += result.Usage.CachedInputTokens;
                again += engine.Tokenize(Prompt.FromMessages([.. chat.Select(message => message with { ContentTokens = null })], _template)).AsSpan().CommonPrefixLength(said) == said.Length ? 1 : 0;
            }
            int[] tokens = [.. result.Tokens.Where(token => !engine.Tokenizer.IsSpecial(token))];
            said = [.. generation.PromptTokens, .. tokens];
            Assert.True(GeneratedContents.Spell(engine.Tokenizer, result.Text, tokens));
            chat.Add(new("assistant", result.Text) { ContentTokens = tokens });
        }
        Assert.True(cached >= 0.8 * asked, $"{cached} of {asked} tokens were cached");
        // Without them, encoding anew would give other tokens somewhere, or the test shows nothing.
        Assert.True(again < 9, $"{again}");
    }
}

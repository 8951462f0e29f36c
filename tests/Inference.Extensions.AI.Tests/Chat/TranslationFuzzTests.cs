using Inference.Extensions.AI.Chat;
using Inference.Templating;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Whatever a caller sends is a prompt or an error of its kind.</summary>
public sealed class TranslationFuzzTests(EngineFixture fixture)
{
    private static readonly string[] _texts = ["", " ", "hello", "<|im_end|>", "</think>", "\0\uD800", "{{ x }}", "ü", "{\"a\":1}", new('x', 300)];
    private static readonly string[] _keys = ["min_p", "MinP", "priority", "deadline", "logit_bias", "chat_template_kwargs", "enable_thinking", "context_policy", "", "_", "messages", "temperature"];

    [Theory]
    [InlineData("Qwen-Qwen3-0.6B")]
    [InlineData("meta-llama-Llama-3.1-8B-Instruct")]
    [InlineData("mistralai-Mistral-Nemo-Instruct-2407")]
    [InlineData("google-gemma-2-2b-it")]
    public void Random_requests_are_prompts_or_typed_errors(string name)
    {
        var template = new ChatTemplateOptions { Template = ChatTemplate.Parse(ModelFolder.Golden(name)) };
        var settings = new ChatClientSettings { ModelId = "m", Template = template };
        var random = new Random(5);
        int prompts = 0;
        for (int i = 0; i < 1500; i++)
        {
            try
            {
                ChatRequest request = ChatRequest.Read(Messages(random), Options(random), fixture.Client, settings, () => template.Template);
                if (fixture.Engine.CountTokens(Prompt.FromMessages(request.Messages, request.Template)) > 0)
                    prompts++;
            }
            catch (Exception error) when (error is NotSupportedException or ArgumentException or InferenceException)
            {
                Assert.NotEmpty(error.Message);
            }
        }

        Assert.InRange(prompts, 20, 1480);
    }

    private static IEnumerable<ChatMessage> Messages(Random random)
    {
        string[] roles = ["user", "assistant", "user", "assistant", "tool", "system", "odd"];
        int count = random.Next(5);
        for (int i = 0; i < count; i++)
        {
            string role = random.Next(3) == 0 ? roles[random.Next(roles.Length)] : roles[i % 2];
            yield return new ChatMessage(new ChatRole(role), [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Content(random, role))]) { AuthorName = random.Next(9) == 0 ? Text(random) : null };
        }
    }

    private static AIContent Content(Random random, string role) => (role, random.Next(12)) switch
    {
        (_, 0) => new DataContent(new byte[] { 1 }, "image/png"),
        ("tool", < 9) => new FunctionResultContent(Text(random), random.Next(3) switch { 0 => null, 1 => Text(random), _ => new Dictionary<string, object?> { [Text(random)] = Text(random) } }),
        ("assistant", < 4) => new FunctionCallContent(Text(random), Text(random), random.Next(2) == 0 ? null : new Dictionary<string, object?> { [Text(random)] = random.Next() }),
        ("assistant", < 6) => new TextReasoningContent(Text(random)),
        _ => new TextContent(Text(random)),
    };

    private static ChatOptions? Options(Random random)
    {
        if (random.Next(2) == 0)
            return null;
        var options = new ChatOptions { Instructions = random.Next(3) == 0 ? Text(random) : null };
        if (random.Next(3) == 0)
            options.AdditionalProperties = new() { [_keys[random.Next(_keys.Length)]] = random.Next(4) switch { 0 => null, 1 => random.NextDouble(), 2 => Text(random), _ => new object() } };
        if (random.Next(4) == 0)
            options.Tools = [AIFunctionFactory.Create((string a) => a, "f" + random.Next(3), Text(random))];
        if (random.Next(4) == 0)
            options.Reasoning = new() { Effort = (ReasoningEffort)random.Next(7), Output = (ReasoningOutput)random.Next(4) };
        return options;
    }

    private static string Text(Random random) => _texts[random.Next(_texts.Length)];
}

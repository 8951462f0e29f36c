using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Dialects;
using Inference.Templating;

namespace Inference.Tests.Dialects;

/// <summary>What a family's template writes of an assistant's message is read back from it.</summary>
public sealed class GoldenFamilyTests
{
    private static readonly string[] _ends =
        ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<｜end▁of▁sentence｜>", "<|END_OF_TURN_TOKEN|>", "<turn|>", "<|tool_response>", "<|assistant_end|>", "<EOS>", "<sep>", "<|user|>", "<|observation|>", "<end_of_turn>", "<tool_response>"];

    // Templates that show no calls, or refuse them.
    private static readonly string[] _withoutCalls =
        ["google-gemma-2-2b-it", "HuggingFaceTB-SmolLM3-3B", "LFM2.5-Instruct", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "llama-cpp-deepseek-r1", "Kimi-K2-Thinking", "MiroThinker"];

    public static TheoryData<string> Templates() =>
        [.. Directory.GetFiles(TestData.Path("chat-templates/models"), "*.jinja").Select(path => Path.GetFileNameWithoutExtension(path)!)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Calls_are_read_back(string name)
    {
        string source = File.ReadAllText(TestData.Path($"chat-templates/models/{name}.jinja"));
        if (_withoutCalls.Contains(name))
            return;
        const string arguments = """{"city":"Paris, \"<b>\"","days":3}""";
        (string prompt, string answer) = Render(source, "", arguments);
        foreach (MarkAlphabet alphabet in (MarkAlphabet[])[SpokenAnswer.Alphabet([]), SpokenAnswer.Alphabet([.. Families.Marks.Where(mark => source.Contains(mark, StringComparison.Ordinal))])])
        {
            Dialect dialect = Dialect.Find(alphabet, source);
            SpokenAnswer read = SpokenAnswer.Read(dialect, prompt, answer, Tools.All);
            Assert.True(read.Calls.Count == 1 && read.Calls[0].Name == "get_weather" && JsonNode.DeepEquals(JsonNode.Parse(arguments), JsonNode.Parse(read.Calls[0].Arguments)), $"{answer}\n{read}\n{string.Join('\n', read.Called)}");
            Assert.Equal("", read.Text);
            Assert.Equal(answer, read.Raw);

            SpokenAnswer silent = SpokenAnswer.Read(dialect, prompt, answer, []);
            Assert.Empty(silent.Calls);
            Assert.Equal(answer, silent.Raw);
        }
    }

    /// <summary>A prompt with a question, and what the template makes of the answer to it.</summary>
    internal static (string Prompt, string Answer) Render(string source, string content, string arguments)
    {
        ChatTemplate template = ChatTemplate.Parse(source);
        var failures = new List<string>();
        foreach (bool? thinks in (bool?[])[null, false, true])
        {
            foreach (object? given in (object[])[JsonDocument.Parse(arguments).RootElement, arguments])
            {
                try
                {
                    var function = new Dictionary<string, object?> { ["name"] = "get_weather", ["arguments"] = given };
                    var call = new Dictionary<string, object?> { ["id"] = "abcdefghi", ["type"] = "function", ["function"] = function };
                    var question = new Dictionary<string, object?> { ["role"] = "user", ["content"] = "What?" };
                    var answer = new Dictionary<string, object?> { ["role"] = "assistant", ["content"] = content, ["tool_calls"] = (object?[])[call] };
                    string prompt = template.Render(Variables([question], thinks, true));
                    string whole = template.Render(Variables([question, answer], thinks, false));
                    // One opens the thinking for answers that it then writes without.
                    if (prompt.EndsWith("<|START_THINKING|>", StringComparison.Ordinal) && !whole.StartsWith(prompt, StringComparison.Ordinal))
                        prompt = prompt[..^"<|START_THINKING|>".Length];
                    if (!whole.StartsWith(prompt, StringComparison.Ordinal))
                    {
                        failures.Add($"{prompt}\n!=\n{whole}");
                        continue;
                    }

                    string said = whole[prompt.Length..];
                    int end = _ends.Select(mark => said.IndexOf(mark, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(said.Length).Min();
                    return (prompt, said[..end]);
                }
                catch (ChatTemplateException error)
                {
                    failures.Add(error.Message);
                }
            }
        }

        throw new InvalidOperationException(string.Join("\n----\n", failures));

        Dictionary<string, object?> Variables(object?[] messages, bool? thinks, bool add)
        {
            var tool = JsonSerializer.SerializeToElement(new { type = "function", function = new { name = "get_weather", description = "Tells.", parameters = Tools.Weather.Parameters } });
            var variables = new Dictionary<string, object?>
            {
                ["messages"] = messages,
                ["tools"] = (object?[])[tool],
                ["add_generation_prompt"] = add,
                ["bos_token"] = "<BOS>",
                ["eos_token"] = "<EOS>",
            };
            if (thinks is not null)
                variables["enable_thinking"] = thinks;
            return variables;
        }
    }
}

using System.Text.Json;

namespace Inference.Templating;

/// <summary>
/// How a template wants calls of tools. Templates were each written against one caller, and nothing in them says which:
/// whether arguments came as a dict or as the text of one, and whether a message that only calls had an empty content or none.
/// So a small conversation is rendered each way, and the first that shows its call well is the template's.
/// </summary>
internal sealed record ToolCallForm(bool ArgumentsAreText, bool EmptyContentIsNone)
{
    private const string Needle = "8391";

    private static readonly ToolCallForm[] _forms = [new(false, false), new(true, false), new(false, true), new(true, true)];

    /// <summary>Finds the form; the most usual one where none shows the call.</summary>
    public static ToolCallForm Of(ChatTemplate template) => Array.Find(_forms, form => form.Shows(template)) ?? _forms[0];

    private bool Shows(ChatTemplate template)
    {
        try
        {
            string text = template.Render(Probe(), DateTimeOffset.UnixEpoch);
            // A dict printed as Python writes it, or a text quoted once more, is not what a model was trained on.
            return text.Contains(Needle, StringComparison.Ordinal)
                && !text.Contains("'probe_argument'", StringComparison.Ordinal) && !text.Contains("\\\"probe_argument", StringComparison.Ordinal);
        }
        catch (ChatTemplateException)
        {
            return false;
        }
    }

    private Dictionary<string, object?> Probe()
    {
        string json = $$"""{"probe_argument": "{{Needle}}"}""";
        object arguments = ArgumentsAreText ? json : new Dictionary<string, object?> { ["probe_argument"] = Needle };
        // Nine letters and digits: some templates insist.
        var call = new Dictionary<string, object?>
        {
            ["id"] = "probe0001",
            ["type"] = "function",
            ["function"] = new Dictionary<string, object?> { ["name"] = "probe", ["arguments"] = arguments },
        };
        var tool = new Dictionary<string, object?>
        {
            ["type"] = "function",
            ["function"] = new Dictionary<string, object?>
            {
                ["name"] = "probe",
                ["description"] = "Probes.",
                ["parameters"] = JsonElement.Parse("""{"type": "object", "properties": {"probe_argument": {"type": "string", "description": "What to probe."}}, "required": ["probe_argument"]}"""),
            },
        };
        return new Dictionary<string, object?>
        {
            ["messages"] = new object?[]
            {
                new Dictionary<string, object?> { ["role"] = "user", ["content"] = "Probe." },
                new Dictionary<string, object?> { ["role"] = "assistant", ["content"] = EmptyContentIsNone ? null : "", ["tool_calls"] = new object?[] { call } },
                new Dictionary<string, object?> { ["role"] = "tool", ["tool_call_id"] = "probe0001", ["name"] = "probe", ["content"] = "Probed." },
            },
            ["tools"] = new object?[] { tool },
            ["add_generation_prompt"] = false,
            ["bos_token"] = "",
            ["eos_token"] = "",
        };
    }
}

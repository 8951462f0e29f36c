using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Templating;
using Inference.Tokenization;

namespace Inference.Cli.Commands;

/// <summary>Renders a chat template and prints the rendering, to the last character and no more.</summary>
internal static class TemplateCommand
{
    private const string TemplateSuffix = ".jinja";
    private const string GenerationPrompt = "add_generation_prompt";

    public static Command Create(Terminal terminal)
    {
        Argument<string> model = CommonOptions.Path(new Argument<string>("MODEL-or-FILE.jinja") { Description = "A chat template, or a model (a GGUF file, a tokenizer.json, a model folder) for its own." });
        Option<string> context = CommonOptions.Path(new Option<string>("--context") { Description = "A JSON object with the template's variables: messages, tools, ...", HelpName = "FILE.json", Required = true });
        Option<bool> noGenerationPrompt = new("--no-generation-prompt") { Description = $"Leave the beginning of an answer out: {GenerationPrompt} is false, whatever the context says. Without, it is true unless the context says otherwise." };
        Option<DateTimeOffset?> now = new("--now")
        {
            Description = "The time that the template sees, such as 2025-07-10T12:00:00; not given, the clock's.",
            HelpName = "TIME",
            CustomParser = argument =>
            {
                if (DateTimeOffset.TryParse(argument.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
                    return time;
                argument.AddError($"--now takes a time such as 2025-07-10T12:00:00, not '{argument.Tokens[0].Value}'.");
                return null;
            },
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("template", "Renders a chat template.") { model, context, noGenerationPrompt, now, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            Dictionary<string, object?> variables = await ReadContextAsync(arguments.GetRequiredValue(context), cancellationToken);
            if (arguments.GetValue(noGenerationPrompt))
                variables[GenerationPrompt] = false;
            else
                variables.TryAdd(GenerationPrompt, true);
            ChatTemplate template = await ReadTemplateAsync(arguments.GetRequiredValue(model), variables, cancellationToken);
            string text = template.Render(variables, arguments.GetValue(now));
            if (arguments.GetValue(json))
                terminal.WriteJson(new Dictionary<string, object?> { ["text"] = text });
            else
                await terminal.Output.WriteAsync(text.AsMemory(), cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task<ChatTemplate> ReadTemplateAsync(string path, Dictionary<string, object?> variables, CancellationToken cancellationToken)
    {
        if (path.EndsWith(TemplateSuffix, StringComparison.OrdinalIgnoreCase))
            return ChatTemplate.Parse(await File.ReadAllTextAsync(path, cancellationToken));

        Tokenizer tokenizer = Tokenizer.Load(path);
        // As for the messages of a request: the model's marks, and its template for tools where there are any.
        AddToken(variables, "bos_token", tokenizer, tokenizer.BeginOfText);
        AddToken(variables, "eos_token", tokenizer, tokenizer.EndOfText);
        bool hasTools = variables.TryGetValue("tools", out object? tools) && tools is JsonElement { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0;
        string source = (hasTools ? tokenizer.ToolChatTemplate : null) ?? tokenizer.ChatTemplate ?? throw new ChatTemplateMissingException(path);
        return ChatTemplate.Parse(source);
    }

    private static void AddToken(Dictionary<string, object?> variables, string name, Tokenizer tokenizer, int? token) =>
        variables.TryAdd(name, token is int id ? tokenizer.TokenText(id) ?? "" : "");

    private static async Task<Dictionary<string, object?>> ReadContextAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            JsonElement context = JsonElement.Parse(await File.ReadAllBytesAsync(path, cancellationToken), new() { MaxDepth = 1000 });
            if (context.ValueKind != JsonValueKind.Object)
                throw new UserErrorException($"{path} holds no JSON object.");
            var variables = new Dictionary<string, object?>();
            foreach (JsonProperty property in context.EnumerateObject())
                variables[property.Name] = property.Value;
            return variables;
        }
        catch (JsonException fault)
        {
            throw new UserErrorException($"{path} is no JSON: {fault.Message}");
        }
    }
}

using System.Text;
using System.Text.Json;
using Inference.Cli;
using Inference.Cli.Chatting;
using Inference.Tests.Dialects;

namespace Inference.Tests.Cli;

public class ChatCommandTests
{
    private static readonly string[] _marks = ["<think>", "</think>", "<|im_end|>"];
    private static readonly string[] _scripts = ["<think>Hm.</think>Yes.<|im_end|>", "No.<|im_end|>", new string('x', 400)];

    [Fact]
    public async Task Each_line_is_a_message_and_the_conversation_goes_on()
    {
        await using ScriptedModel model = await LoadAsync();
        (int code, string output, string error) = await TalkAsync(model, "#0?\n\n  #1? \n/exit\n#0\n", outputIsInteractive: false);
        Assert.Equal((0, "Yes.\nNo.\n"), (code, output));
        Assert.Equal(2, error.Split("tokens/s").Length - 1);
        Assert.Contains("first token after", error, StringComparison.Ordinal);
        Assert.DoesNotContain("> ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reasoning_is_dimmed_for_people_and_reset_forgets()
    {
        await using ScriptedModel model = await LoadAsync();
        (_, string output, string error) = await TalkAsync(model, "#0\n/reset\n#1\n#1\n", outputIsInteractive: true, inputIsInteractive: true, system: "Be brief.");
        Assert.Equal("\e[2mHm.\e[0m\n\nYes.\nNo.\nNo.\n", output.ReplaceLineEndings("\n"));
        Assert.StartsWith("> ", error, StringComparison.Ordinal);

        (_, output, _) = await TalkAsync(model, "#0\n#1\n/reset\n#1\n", outputIsInteractive: false, json: true, system: "Be brief.");
        JsonElement[] answers = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["Yes.", "No.", "No."], answers.Select(answer => answer.GetProperty("content").GetString()));
        Assert.Equal("Hm.", answers[0].GetProperty("reasoning").GetString());
        Assert.Equal("stop", answers[0].GetProperty("finishReason").GetString());
        int[] prompts = [.. answers.Select(answer => answer.GetProperty("promptTokens").GetInt32())];
        Assert.True(prompts[1] > prompts[0] && prompts[2] == prompts[0]);
    }

    [Fact]
    public async Task An_interruption_stops_the_answer_and_not_the_program()
    {
        await using ScriptedModel model = await LoadAsync();
        using NoticedWriter output = new();
        using StringWriter error = new();
        Terminal terminal = new(new MemoryStream(Encoding.UTF8.GetBytes("#2\n#1\n")), output, error, false, false);
        int interruptions = 0;
        model.OnStep = step =>
        {
            if (step == 30)
            {
                interruptions++;
                // Whoever interrupts an answer has seen some of it: from then on the interruption reaches it at once.
                Assert.True(output.Noticed.Wait(TimeSpan.FromSeconds(60)));
                terminal.OnInterrupt!();
            }
        };
        int code = await new ChatSession(model.Engine, terminal, new(), new(), null, json: false).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, 1), (code, interruptions));
        string[] lines = output.ToString().Split('\n');
        // What the reader had not taken when the answer was cut is not shown.
        Assert.InRange(lines[0].Length, 1, 31);
        Assert.Equal("No.", lines[1]);
        Assert.Contains("ended by cancelled", error.ToString(), StringComparison.Ordinal);
        Assert.Null(terminal.OnInterrupt);
    }

    [Fact]
    public async Task A_message_that_cannot_be_answered_is_told_and_the_next_one_is_answered()
    {
        await using ScriptedModel model = await LoadAsync();
        (int code, string output, string error) = await TalkAsync(model, $"#0 {new string('x', 3000)}\n#1\n", outputIsInteractive: false);
        Assert.Equal((1, "No.\n"), (code, output));
        Assert.Contains("error: ", error, StringComparison.Ordinal);
        // The third answer and its question leave no room for the first.
        (code, output, error) = await TalkAsync(model, $"#1 {new string('a', 150)}\n#1 {new string('b', 150)}\n#1 {new string('c', 150)}\n", outputIsInteractive: false);
        Assert.Equal((0, "No.\nNo.\nNo.\n"), (code, output));
        Assert.Contains("forgotten", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_model_has_not_is_refused_before_anything_is_typed()
    {
        (await CliRun.WithInput(CliRun.Utf8("Hi\n"), "chat", TestData.Stories260K)).AssertError("template");
        await using ScriptedModel model = await LoadAsync();
        await Assert.ThrowsAsync<ChatTemplateOptionException>(() => TalkAsync(model, "#0\n", outputIsInteractive: false, thinks: false));
    }

    private static Task<ScriptedModel> LoadAsync() => ScriptedModel.LoadAsync(ScriptedModel.Template, _marks, _scripts, ends: ["<|im_end|>"]);

    private static async Task<(int Code, string Output, string Error)> TalkAsync(
        ScriptedModel model, string input, bool outputIsInteractive, bool inputIsInteractive = false, string? system = null, bool json = false, bool? thinks = null)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Terminal terminal = new(new MemoryStream(Encoding.UTF8.GetBytes(input)), output, error, outputIsInteractive, false, inputIsInteractive);
        GenerationOptions options = new() { MaxOutputTokens = 100, ContextPolicy = ContextPolicy.DropOldestTurns };
        int code = await new ChatSession(model.Engine, terminal, options, new() { EnableThinking = thinks }, system, json).RunAsync(TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Tells when something was written to it.</summary>
    private sealed class NoticedWriter : StringWriter
    {
        public ManualResetEventSlim Noticed { get; } = new();

        public override async Task WriteAsync(string? value)
        {
            await base.WriteAsync(value);
            Noticed.Set();
        }

        protected override void Dispose(bool disposing)
        {
            Noticed.Dispose();
            base.Dispose(disposing);
        }
    }
}

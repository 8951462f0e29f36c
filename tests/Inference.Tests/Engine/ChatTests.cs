using System.Text;
using Inference.Sampling;
using Inference.Tests.Dialects;

namespace Inference.Tests.Engine;

/// <summary>Chats through the engine, with a model that says exactly what it is told to.</summary>
public sealed class ChatTests
{
    private const string Call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\"}}\n</tool_call>";

    private static readonly string[] _marks = ["!<think>", "!</think>", "!<tool_call>", "!</tool_call>", "<|im_end|>", "<|other|>"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Pieces_and_result_are_what_the_model_said(int seed)
    {
        string[] scripts =
        [
            "<think>\nWhere? Zürich 🏔.\n</think>\n\nOne moment…\n" + Call + "\n" + Call + "<|im_end|>",
            "Just this.\n<|im_end|> and nothing after",
            "<think>never closed <|im_end|>",
            "<tool_call>{broken</tool_call> <|other|>so.<|im_end|>",
        ];
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template, _marks, scripts, seed == 0 ? null : new Random(seed), ends: ["<|im_end|>"]);
        var tools = new ChatTemplateOptions { Tools = Tools.All };

        (ChatResult first, List<ChatPiece> pieces) = await AskAsync(model, 0, tools);
        Assert.Equal(("Where? Zürich 🏔.", "One moment…"), (first.Message.Reasoning, first.Message.Content));
        Assert.Equal(["get_weather", "get_weather"], first.Message.ToolCalls.Select(call => call.Name));
        Assert.Equal("{\"city\": \"Zürich\"}", first.Message.ToolCalls[1].Arguments);
        Assert.NotEqual(first.Message.ToolCalls[0].Id, first.Message.ToolCalls[1].Id);
        Assert.Equal(first.Message.ToolCalls, pieces.Where(piece => piece.Kind == ChatPieceKind.ToolCall).Select(piece => piece.ToolCall!));
        Assert.True(first.CallsTools);
        int close = Array.IndexOf(model.Script(0), model.Engine.Tokenizer.Encode("</think>", addSpecial: false, parseSpecial: true)[^1]);
        Assert.Equal(close + 1, first.ReasoningTokens);
        Assert.Equal(model.Script(0), first.Generation.Tokens);

        (ChatResult second, _) = await AskAsync(model, 1, tools);
        Assert.Equal((null, "Just this.\n", 0, FinishReason.Stop), (second.Message.Reasoning, second.Message.Content, second.ReasoningTokens, second.Generation.FinishReason));
        (ChatResult third, _) = await AskAsync(model, 2, null);
        Assert.Equal(("never closed", ""), (third.Message.Reasoning, third.Message.Content));
        Assert.Equal(third.Generation.Tokens.Count, third.ReasoningTokens);
        (ChatResult fourth, _) = await AskAsync(model, 3, tools);
        Assert.Equal("<tool_call>{broken</tool_call> so.", fourth.Message.Content);
        (ChatResult withoutTools, _) = await AskAsync(model, 0, null);
        Assert.Equal($"One moment…\n{Call}\n{Call}", withoutTools.Message.Content);
        Assert.Empty(withoutTools.Message.ToolCalls);
    }

    [Fact]
    public async Task Special_marks_have_text_only_where_they_are_not_understood()
    {
        string[] marks = ["<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|return|>", "<|call|>", "<|constrain|>"];
        string[] scripts =
        [
            "<|channel|>analysis<|message|>Hm. Is it <b>?<|end|><|start|>assistant<|channel|>commentary<|message|>I look. <|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Rome\"}<|call|>",
            "<|channel|>final<|message|>It rains.<|return|>",
            "<|channel|>commentary to=functions.get_weather<|message|>{broken<|call|>",
            "Plain words.<|return|>",
            "<|channel|>analysis to=python code<|message|>print(1)<|call|>",
        ];
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template.Replace("assistant:", "<|start|>assistant", StringComparison.Ordinal), marks, scripts, ends: ["<|return|>", "<|call|>"]);
        var tools = new ChatTemplateOptions { Tools = Tools.All };
        (ChatResult first, _) = await AskAsync(model, 0, tools);
        Assert.Equal(("Hm. Is it <b>?", "I look. "), (first.Message.Reasoning, first.Message.Content));
        Assert.Equal("{\"city\": \"Rome\"}", Assert.Single(first.Message.ToolCalls).Arguments);
        Assert.Equal("It rains.", (await AskAsync(model, 1, null)).Result.Message.Content);
        Assert.Equal("{broken", (await AskAsync(model, 2, tools)).Result.Message.Content);
        Assert.Equal("{broken", (await AskAsync(model, 2, null)).Result.Message.Content);
        Assert.Equal("Plain words.", (await AskAsync(model, 3, null)).Result.Message.Content);
        Assert.Equal("{\"code\": \"print(1)\"}", Assert.Single((await AskAsync(model, 4, tools)).Result.Message.ToolCalls).Arguments);
    }

    [Fact]
    public async Task A_prompt_that_opens_the_reasoning_begins_it()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template.Replace("assistant:", "assistant:<think>", StringComparison.Ordinal), _marks, ["Hm.</think>\n\nYes."]);
        ChatResult result = (await AskAsync(model, 0, null)).Result;
        Assert.Equal(("Hm.", "Yes."), (result.Message.Reasoning, result.Message.Content));
        // A question that ends with the mark opens nothing.
        ChatResult asked = await model.Engine.SubmitChat([new("user", "#0 <think>")], new() { MaxOutputTokens = 20 }, new() { AddGenerationPrompt = false }).Completion;
        Assert.Null(asked.Message.Reasoning);
    }

    [Fact]
    public async Task Length_stop_sequences_and_probabilities_are_those_of_a_plain_generation()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template, _marks, ["<think>ab STOP cd</think>efgh STOP ij", "<think>abc"]);
        ChatResult stopped = await model.Engine.SubmitChat(ScriptedModel.Ask(0), new() { StopSequences = ["k>efg", "nothing"] }).Completion;
        Assert.Equal(("ab STOP cd</thin", ""), (stopped.Message.Reasoning, stopped.Message.Content));
        Assert.Equal("<think>ab STOP cd</thin", stopped.Generation.Text);
        stopped = await model.Engine.SubmitChat(ScriptedModel.Ask(0), new() { StopSequences = ["STOP ij"] }).Completion;
        Assert.Equal(("ab STOP cd", "efgh ", "STOP ij"), (stopped.Message.Reasoning, stopped.Message.Content, stopped.Generation.StopSequence));

        List<ChatPiece> pieces = [];
        await foreach (ChatPiece piece in model.Engine.ChatAsync(ScriptedModel.Ask(0), new() { MaxOutputTokens = 18, LogProbabilities = 1 }))
            pieces.Add(piece);
        Assert.Equal(FinishReason.Length, pieces[^1].FinishReason);
        Assert.All(pieces.SkipLast(1), piece => Assert.Null(piece.FinishReason));
        Assert.Equal(model.Script(0).Take(18), pieces.SelectMany(piece => piece.Tokens).Select(token => token.Id));
        Assert.All(pieces.SelectMany(piece => piece.Tokens), token => Assert.NotNull(token.LogProbability));
        Assert.True(pieces[0].Elapsed > TimeSpan.Zero && pieces.Zip(pieces.Skip(1)).All(pair => pair.First.Elapsed <= pair.Second.Elapsed));
    }

    [Fact]
    public async Task Sixty_four_chats_at_once_each_get_their_own_answer()
    {
        string[] scripts = [.. Enumerable.Range(0, 64).Select(i => $"<think>{new string((char)('a' + (i % 26)), 1 + (i % 9))}</think>Answer {i}!" + (i % 3 == 0 ? Call : "") + "<|im_end|>")];
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template, _marks, scripts, new Random(3), ends: ["<|im_end|>"]);
        var tools = new ChatTemplateOptions { Tools = Tools.All };
        (ChatResult Result, List<ChatPiece> Pieces)[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => AskAsync(model, i, tools)));
        for (int i = 0; i < answers.Length; i++)
        {
            Message message = answers[i].Result.Message;
            Assert.Equal((new string((char)('a' + (i % 26)), 1 + (i % 9)), $"Answer {i}!", i % 3 == 0 ? 1 : 0), (message.Reasoning, message.Content, message.ToolCalls.Count));
        }

        await model.Engine.DrainAsync();
        Assert.Equal(model.Engine.Statistics.TotalBlocks, model.Engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task Who_leaves_or_cancels_costs_at_most_a_step_and_keeps_what_there_was()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template, _marks, ["<think>abcdefghijklmnopqrstuvwxyz</think>" + new string('x', 400)], options: options => options with { StreamCapacity = 2 });
        ChatGeneration answer = model.Engine.SubmitChat(ScriptedModel.Ask(0));
        await foreach (ChatPiece piece in answer)
        {
            Assert.Equal(ChatPieceKind.Reasoning, piece.Kind);
            break;
        }

        ChatResult result = await answer.Completion;
        Assert.Equal(FinishReason.Cancelled, result.Generation.FinishReason);
        Assert.StartsWith(result.Message.Reasoning, "abcdefghijklmnopqrstuvwxyz", StringComparison.Ordinal);
        Assert.InRange(result.Generation.Tokens.Count, 1, 12);
        Assert.Equal(model.Engine.Statistics.TotalBlocks, model.Engine.Statistics.FreeBlocks);

        // Cancel ends the enumeration without an error, a token with one.
        answer = model.Engine.SubmitChat(ScriptedModel.Ask(0));
        ChatPiece last = default;
        await foreach (ChatPiece piece in answer)
        {
            last = piece;
            answer.Cancel();
        }

        Assert.Equal(FinishReason.Cancelled, last.FinishReason);
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatPiece _ in model.Engine.ChatAsync(ScriptedModel.Ask(0), cancellationToken: cancellation.Token))
                await cancellation.CancelAsync();
        });
        Assert.Throws<InvalidOperationException>(() => { _ = answer.GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync().AsTask().GetAwaiter().GetResult(); });
        await model.Engine.DrainAsync();
        Assert.Equal(model.Engine.Statistics.TotalBlocks, model.Engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task What_the_engine_refuses_is_refused_and_what_fails_is_told()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ScriptedModel.Template, _marks, ["Never said."]);
        Assert.Throws<ContextLengthExceededException>(() => model.Engine.SubmitChat([new("user", new string('x', 5000))]));
        Assert.ThrowsAny<ArgumentException>(() => model.Engine.SubmitChat(ScriptedModel.Ask(0), new() { Temperature = -1 }));
        model.OnStep = _ => throw new InvalidOperationException("no");
        ChatGeneration answer = model.Engine.SubmitChat(ScriptedModel.Ask(0));
        await Assert.ThrowsAsync<GenerationFailedException>(() => answer.Completion);
        await Assert.ThrowsAsync<GenerationFailedException>(async () =>
        {
            await foreach (ChatPiece _ in model.Engine.ChatAsync(ScriptedModel.Ask(0)))
            {
            }
        });
        await using InferenceEngine bare = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 });
        Assert.Throws<ChatTemplateMissingException>(() => bare.SubmitChat(ScriptedModel.Ask(0)));
    }

    private static async Task<(ChatResult Result, List<ChatPiece> Pieces)> AskAsync(ScriptedModel model, int script, ChatTemplateOptions? template)
    {
        ChatGeneration answer = await model.Engine.SubmitChatAsync(ScriptedModel.Ask(script), new() { MaxOutputTokens = 300 }, template);
        List<ChatPiece> pieces = [];
        var text = new StringBuilder();
        var reasoning = new StringBuilder();
        await foreach (ChatPiece piece in answer)
        {
            pieces.Add(piece);
            (piece.Kind == ChatPieceKind.Reasoning ? reasoning : text).Append(piece.Text);
        }

        ChatResult result = await answer.Completion;
        Assert.Equal((result.Message.Reasoning ?? "", result.Message.Content), (reasoning.ToString(), text.ToString()));
        Assert.Equal(result.Generation.FinishReason, pieces[^1].FinishReason);
        return (result, pieces);
    }
}

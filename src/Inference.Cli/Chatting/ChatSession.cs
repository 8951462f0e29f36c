using System.Text;

namespace Inference.Cli.Chatting;

/// <summary>A conversation on a terminal or over pipes.</summary>
internal sealed class ChatSession(InferenceEngine engine, Terminal terminal, GenerationOptions options, ChatTemplateOptions template, string? system, bool json)
{
    private const string Prompt = "> ";
    private const string Dim = "\e[2m";
    private const string Plain = "\e[0m";

    private readonly Lock _interruption = new();
    private readonly List<Message> _messages = system is null ? [] : [new("system", system)];

    /// <summary>Answers line by line until the input ends.</summary>
    /// <returns>The exit code: 1 where a message could not be answered.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // What the template cannot honour is refused before anything is typed.
        engine.CountTokens(Inference.Prompt.FromMessages([.. _messages, new Message("user", "Hello.")], template));
        int first = _messages.Count;
        int exitCode = 0;
        using StreamReader input = new(terminal.Input, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        while (await ReadAsync(input, cancellationToken) is { } line)
        {
            switch (line.Trim())
            {
                case "":
                    break;
                case "/exit" or "/quit":
                    return exitCode;
                case "/reset":
                    _messages.RemoveRange(first, _messages.Count - first);
                    break;
                default:
                    exitCode |= await AnswerAsync(line, cancellationToken);
                    break;
            }
        }

        return exitCode;
    }

    // A console cannot be left while it waits for a line; the wait can.
    private Task<string?> ReadAsync(StreamReader input, CancellationToken cancellationToken)
    {
        if (terminal.InputIsInteractive)
            terminal.Error.Write(Prompt);
        return Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
    }

    private async Task<int> AnswerAsync(string line, CancellationToken cancellationToken)
    {
        _messages.Add(new Message("user", line));
        ChatGeneration? answer = null;
        bool stopped = false;
        // From here on: who interrupts before the answer has begun means it, too.
        terminal.OnInterrupt = () =>
        {
            lock (_interruption)
            {
                stopped = true;
                answer?.Cancel();
            }
        };
        try
        {
            ChatGeneration submitted = await engine.SubmitChatAsync([.. _messages], options, template, cancellationToken);
            lock (_interruption)
            {
                answer = submitted;
                if (stopped)
                    answer.Cancel();
            }

            if (answer.Generation.DroppedMessages.Count > 0)
                terminal.Note($"The context is full: the oldest {answer.Generation.DroppedMessages.Count} messages were forgotten.");
            // Not for the next one too: what the context has no room for now it will not have then.
            foreach (Message dropped in answer.Generation.DroppedMessages)
                _messages.RemoveAt(_messages.FindIndex(message => ReferenceEquals(message, dropped)));
            await ShowAsync(answer, cancellationToken);
            ChatResult result = await answer.Completion;
            _messages.Add(result.Message);
            Report(result);
            return 0;
        }
        catch (Exception error) when (error is InferenceException and not EngineStoppedException)
        {
            terminal.Note($"error: {error.Message}");
            _messages.RemoveAt(_messages.Count - 1);
            return 1;
        }
        finally
        {
            terminal.OnInterrupt = null;
        }
    }

    private async Task ShowAsync(ChatGeneration answer, CancellationToken cancellationToken)
    {
        bool dimmed = false;
        await foreach (ChatPiece piece in answer.WithCancellation(cancellationToken))
        {
            bool reasons = piece.Kind == ChatPieceKind.Reasoning;
            if (json || piece.Text.Length == 0 || (reasons && !terminal.OutputIsInteractive))
                continue;
            if (reasons != dimmed)
                await terminal.Output.WriteAsync(reasons ? Dim : Plain + Environment.NewLine + Environment.NewLine);
            dimmed = reasons;
            await terminal.Output.WriteAsync(piece.Text);
            await terminal.Output.FlushAsync(cancellationToken);
        }

        if (!json)
            await terminal.Output.WriteLineAsync(dimmed ? Plain : "");
    }

    private void Report(ChatResult result)
    {
        GenerationUsage usage = result.Generation.Usage;
        TimingReport timings = TimingReport.Of(result.Generation);
        string reason = result.Generation.FinishReason.ToString().ToLowerInvariant();
        if (json)
        {
            terminal.WriteJson(new Dictionary<string, object?>
            {
                ["content"] = result.Message.Content,
                ["reasoning"] = result.Message.Reasoning,
                ["finishReason"] = reason,
                ["promptTokens"] = usage.InputTokens,
                ["cachedTokens"] = usage.CachedInputTokens,
                ["outputTokens"] = usage.OutputTokens,
                ["reasoningTokens"] = result.ReasoningTokens,
                ["timings"] = timings.ForJson(),
            });
            terminal.Output.Flush();
            return;
        }

        terminal.Note(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
            [first token after {timings.TimeToFirstTokenMs:F0} ms, {timings.DecodeTokensPerSecond:F1} tokens/s; {usage.OutputTokens} tokens, {usage.InputTokens} of prompt, {usage.CachedInputTokens} of them cached{(reason == "stop" ? "" : "; ended by " + reason)}]
            """));
    }
}

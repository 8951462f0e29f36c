using Inference;

// dotnet run -c Release --project samples/Chat -- MODEL
// Ctrl+C stops the answer; an empty line ends the program.
if (args.Length != 1)
{
    Console.Error.WriteLine("usage: Chat MODEL (a GGUF file or a folder, of a model with a chat template)");
    return 1;
}

ChatGeneration? answer = null;
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = answer is not null;
    answer?.Cancel();
};

try
{
    await using InferenceEngine engine = await InferenceEngine.LoadAsync(args[0]);
    var options = new GenerationOptions { Temperature = 0.7f, TopP = 0.9f, ContextPolicy = ContextPolicy.DropOldestTurns };
    List<Message> conversation = [];
    while (true)
    {
        Console.Write("> ");
        if (Console.ReadLine() is not { Length: > 0 } question)
            return 0;
        conversation.Add(new Message("user", question));

        answer = engine.SubmitChat(conversation, options);
        await foreach (ChatPiece piece in answer)
        {
            if (piece.Kind == ChatPieceKind.Reasoning)
                Console.ForegroundColor = ConsoleColor.DarkGray;
            else
                Console.ResetColor();
            Console.Write(piece.Text);
        }

        ChatResult result = await answer.Completion;
        answer = null;
        conversation.Add(result.Message);

        Console.ResetColor();
        GenerationTimings timings = result.Generation.Timings;
        double perSecond = (result.Generation.Usage.OutputTokens - 1) / timings.Decode.TotalSeconds;
        Console.WriteLine();
        Console.WriteLine($"[{perSecond:F1} tokens/s, time to first token {timings.TimeToFirstToken.TotalMilliseconds:F0} ms]");
    }
}
catch (Exception error) when (error is InferenceException or IOException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}

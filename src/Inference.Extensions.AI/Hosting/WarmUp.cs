using Microsoft.Extensions.Logging;

namespace Inference.Extensions.AI.Hosting;

/// <summary>A first request, so that code is compiled and weights are in memory before a caller waits for them.</summary>
internal static class WarmUp
{
    private const int PromptTokens = 32;
    private const int OutputTokens = 4;

    /// <summary>Computes the request, with the options that chats will have.</summary>
    /// <exception cref="InferenceException">The engine cannot compute.</exception>
    /// <exception cref="ArgumentException">An option of <see cref="InferenceOptions.Generation"/> is out of its range.</exception>
    public static async Task RunAsync(InferenceEngine engine, GenerationOptions defaults, ChatTemplateOptions template, ILogger logger, CancellationToken cancellationToken)
    {
        ReadTemplate(engine, template, logger);
        int[] prompt = new int[Math.Clamp(engine.ContextLength - OutputTokens, 1, PromptTokens)];
        for (int i = 0; i < prompt.Length; i++)
            prompt[i] = i % engine.Model.VocabularySize;
        GenerationOptions generation = defaults with
        {
            MaxOutputTokens = OutputTokens,
            IgnoreEndOfText = true,
            Deadline = null,
            // Not to be found by anyone: it is no one's prefix.
            CacheSalt = Guid.NewGuid().ToString(),
            ContextPolicy = ContextPolicy.Refuse,
        };
        await engine.Submit(prompt, generation, cancellationToken).Completion.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Templates are read when they are first used; a host wants to know of a useless one before its first chat.</summary>
    private static void ReadTemplate(InferenceEngine engine, ChatTemplateOptions template, ILogger logger)
    {
        if (template.Template is null && engine.Tokenizer.ChatTemplate is null)
            return;
        try
        {
            engine.CountTokens(Prompt.FromMessages([new Message("user", "Hello")], template));
        }
        catch (InferenceException error)
        {
            HostingMessages.TemplateRefuses(logger, engine.Model.Name, error.Message);
        }
    }
}

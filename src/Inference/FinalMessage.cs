namespace Inference;

/// <summary>Finds where the last message's content ends in a rendering, so that the model goes on with it: a mark is put after it and looked for, as <c>apply_chat_template</c> does.</summary>
internal static class FinalMessage
{
    // Ends in a space, which a template that trims takes away with those of the content.
    private const string Word = "CONTINUE_FINAL_MESSAGE_TAG";
    private const string Tag = Word + " ";

    /// <summary>The messages with the mark after the last one's content.</summary>
    /// <exception cref="InvalidPromptException">The last message is not an answer.</exception>
    public static List<Message> Mark(IReadOnlyList<Message> messages)
    {
        if (messages is not [.., { Role: not ("user" or "system" or "developer" or "tool") } last])
            throw new InvalidPromptException($"{nameof(ChatTemplateOptions.ContinueFinalMessage)} needs a last message that is an assistant's.");
        return [.. messages.SkipLast(1), last with { Content = last.Content + Tag }];
    }

    /// <summary>The rendering up to the mark.</summary>
    /// <exception cref="InvalidPromptException">The template left the last message's content out.</exception>
    public static string Cut(string text)
    {
        int place = text.LastIndexOf(Word, StringComparison.Ordinal);
        if (place < 0)
            throw new InvalidPromptException("The last message cannot be continued: the chat template does not show its content.");
        bool trimmed = string.CompareOrdinal(text, place, Tag, 0, Tag.Length) != 0;
        return trimmed ? text[..place].TrimEnd() : text[..place];
    }
}

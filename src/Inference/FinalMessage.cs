using Inference.Tokenization;

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
    public static List<TextSegment> Cut(IReadOnlyList<TextSegment> rendering)
    {
        List<TextSegment> segments = [.. rendering];
        // The mark is part of the content, so whatever the template spells cannot be taken for it.
        int last = segments.FindLastIndex(segment => !segment.ParsesSpecial && segment.Text.Contains(Word, StringComparison.Ordinal));
        if (last < 0)
            throw new InvalidPromptException("The last message cannot be continued: the chat template does not show its content.");
        segments.RemoveRange(last + 1, segments.Count - last - 1);
        string text = segments[last].Text;
        int place = text.LastIndexOf(Word, StringComparison.Ordinal);
        bool trimmed = string.CompareOrdinal(text, place, Tag, 0, Tag.Length) != 0;
        segments[last] = new TextSegment(trimmed ? text[..place].TrimEnd() : text[..place], ParsesSpecial: false);
        return segments;
    }
}

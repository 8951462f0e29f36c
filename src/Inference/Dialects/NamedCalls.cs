namespace Inference.Dialects;

/// <summary>Calls written as a name, a mark, and the JSON of the arguments.</summary>
internal static class NamedCalls
{
    /// <summary>Mistral's, after [TOOL_CALLS]: an array of JSON objects; since 2025 a name, maybe [CALL_ID] and an id, [ARGS] and the arguments.</summary>
    public static CallReading ReadMistral(string text, ToolCatalog tools)
    {
        if (text.AsSpan().TrimStart().StartsWith("[{", StringComparison.Ordinal) || text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal))
            return JsonCalls.Read(text, tools);
        int mark = text.IndexOf("[ARGS]", StringComparison.Ordinal);
        string[] head = (mark < 0 ? text : text[..mark]).Split("[CALL_ID]");
        int start = mark < 0 ? text.IndexOf('{', StringComparison.Ordinal) : mark + "[ARGS]".Length;
        if (start < 0)
            return CallReading.Incomplete;
        string name = mark < 0 ? text[..start] : head[0];
        return Named(head.Length > 1 ? head[1].Trim() : null, name, text, start);
    }

    /// <summary>DeepSeek's: the name, a separator and the arguments; in older models the word "function" and a separator before, and a code fence around the arguments.</summary>
    public static CallReading ReadDeepSeek(string text, ToolCatalog tools)
    {
        const string separator = "<｜tool▁sep｜>";
        int mark = text.IndexOf(separator, StringComparison.Ordinal);
        if (mark < 0)
            return CallReading.Incomplete;
        string head = text[..mark].Trim();
        int start = mark + separator.Length;
        if (head != "function" || text.IndexOf("```", start, StringComparison.Ordinal) is not (>= 0 and var fence))
            return Named(null, head, text, start);
        int json = text.IndexOf('{', fence);
        string name = text[start..fence];
        int close = text.LastIndexOf("```", StringComparison.Ordinal);
        if (json < 0 || close <= json)
            return CallReading.Incomplete;
        CallReading reading = Named(null, name, text[..close], json);
        return reading.Status == CallStatus.Read && text.AsSpan(close).Trim("`\r\n\t ").IsEmpty ? reading with { Length = text.Length } : CallReading.Malformed;
    }

    /// <summary>Kimi's: functions.name:number, which is also the call's id, a mark and the arguments.</summary>
    public static CallReading ReadKimi(string text, ToolCatalog tools)
    {
        const string separator = "<|tool_call_argument_begin|>";
        int mark = text.IndexOf(separator, StringComparison.Ordinal);
        if (mark < 0)
            return CallReading.Incomplete;
        string id = text[..mark].Trim();
        string name = id.StartsWith("functions.", StringComparison.Ordinal) ? id["functions.".Length..] : id;
        int number = name.LastIndexOf(':');
        return Named(id, number > 0 ? name[..number] : name, text, mark + separator.Length);
    }

    private static CallReading Named(string? id, string name, string text, int start)
    {
        name = name.Trim();
        if (!ToolNames.IsPossible(name))
            return CallReading.Malformed;
        int length = JsonExtent.Of(text.AsSpan(start));
        if (length < 0)
            return text.AsSpan(start).IsWhiteSpace() ? CallReading.Of([new CallDraft(id, name, "{}")], text.Length) : CallReading.Incomplete;
        return JsonCalls.Arguments(text.Substring(start, length)) is { } arguments ? CallReading.Of([new CallDraft(id, name, arguments)], start + length) : CallReading.Malformed;
    }
}

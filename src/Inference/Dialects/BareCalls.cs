namespace Inference.Dialects;

/// <summary>Llama's calls without any mark: the answer itself is the JSON of one.</summary>
internal static class BareCalls
{
    private static readonly string[] _keys = ["name", "type", "function", "parameters", "arguments"];

    /// <summary>Reads the JSON after its opening brace; only tools that there are count, since an answer may well be JSON.</summary>
    public static CallReading Read(string text, ToolCatalog tools)
    {
        if (!IsPossible(text))
            return CallReading.Malformed;
        string json = "{" + text;
        int length = JsonExtent.Of(json);
        if (length < 0)
            return CallReading.Incomplete;
        CallReading reading = JsonCalls.Read(json[..length], tools);
        bool good = reading.Status == CallStatus.Read && reading.Calls.All(call => tools.Has(call.Name));
        return good ? reading with { Length = length - 1 } : CallReading.Malformed;
    }

    /// <summary>Whether its first key can be a call's; a long JSON answer need not be held back until it ends.</summary>
    public static bool IsPossible(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        if (start.IsEmpty)
            return true;
        if (start[0] != '"')
            return false;
        foreach (string key in _keys)
        {
            int length = Math.Min(start.Length - 1, key.Length + 1);
            if (start.Slice(1, length).SequenceEqual((key + '"').AsSpan(0, length)))
                return true;
        }

        return false;
    }
}

namespace Inference.Dialects;

/// <summary>Calls written as code.</summary>
internal static class CodeCalls
{
    private static readonly string[] _interpreters = ["code_interpreter", "ipython", "python"];

    /// <summary>A Python list of calls with named arguments: [weather(city="Paris"), time()].</summary>
    public static CallReading ReadPython(string text, ToolCatalog tools)
    {
        var reader = new LiteralReader(text);
        bool list = reader.Take("[");
        List<CallDraft> calls = [];
        do
        {
            if (!reader.TryName(out string name) || !reader.Take("(") || !reader.TryMembers("=", ")", out string arguments))
                return reader.AtEnd ? CallReading.Incomplete : CallReading.Malformed;
            calls.Add(new CallDraft(null, name, arguments));
        }
        while (list && reader.Take(","));
        if (list && !reader.Take("]"))
            return reader.AtEnd ? CallReading.Incomplete : CallReading.Malformed;
        return Whole(ref reader, calls);
    }

    /// <summary>Gemma 4's: call:name{key:value}, strings between marks of their own.</summary>
    public static CallReading ReadGemma(string text, ToolCatalog tools)
    {
        var reader = new LiteralReader(text, "<|\"|>");
        List<CallDraft> calls = [];
        while (reader.Take("call:"))
        {
            if (!reader.TryName(out string name) || !reader.Take("{"))
                return reader.AtEnd ? CallReading.Incomplete : CallReading.Malformed;
            LiteralReader wrapped = reader;
            if (reader.TryMembers(":", "}", out string arguments))
            {
                calls.Add(new CallDraft(null, name, arguments));
                continue;
            }

            // Taught with arguments that were JSON already, models write that: braces in braces.
            if (!wrapped.TryValue(out arguments) || !wrapped.Take("}") || !arguments.StartsWith('{'))
                return reader.AtEnd ? CallReading.Incomplete : CallReading.Malformed;
            calls.Add(new CallDraft(null, name, arguments));
            reader = wrapped;
        }

        return Whole(ref reader, calls);
    }

    /// <summary>What follows Llama's python tag: name.call(...), JSON, or code for an interpreter among the tools.</summary>
    public static CallReading ReadPythonTag(string text, ToolCatalog tools)
    {
        CallReading json = JsonCalls.Read(text, tools);
        if (json.Status == CallStatus.Read && text.AsSpan(json.Length).IsWhiteSpace())
            return json;
        CallReading call = ReadPython(text, tools);
        if (call.Status == CallStatus.Read && call.Calls.All(one => tools.Has(Bare(one.Name))))
            return call with { Calls = [.. call.Calls.Select(one => one with { Name = Bare(one.Name) })] };
        string? interpreter = Array.Find(_interpreters, tools.Has);
        return interpreter is null || string.IsNullOrWhiteSpace(text)
            ? CallReading.Malformed
            : CallReading.Of([new CallDraft(null, interpreter, JsonText.Object([new("code", JsonText.Quote(text.Trim()))]))], text.Length);
    }

    private static string Bare(string name) => name.EndsWith(".call", StringComparison.Ordinal) ? name[..^".call".Length] : name;

    private static CallReading Whole(ref LiteralReader reader, List<CallDraft> calls)
    {
        reader.SkipBlanks();
        return reader.AtEnd ? CallReading.Of(calls, reader.Position) : CallReading.Malformed;
    }
}

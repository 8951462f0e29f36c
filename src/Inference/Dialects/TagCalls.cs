using System.Text.RegularExpressions;

namespace Inference.Dialects;

/// <summary>Calls written with tags.</summary>
internal static partial class TagCalls
{
    /// <summary>What stands between tool_call tags: JSON; or a function tag with parameter tags; or a name with pairs of arg_key and arg_value tags.</summary>
    public static CallReading Read(string text, ToolCatalog tools)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        if (start.StartsWith("{", StringComparison.Ordinal) || start.StartsWith("[", StringComparison.Ordinal))
            return JsonCalls.Read(text, tools);
        if (start.StartsWith("<function=", StringComparison.Ordinal))
            return Whole(text, ReadFunctions(text, tools));
        return ReadPairs(text, tools);
    }

    /// <summary>What follows "&lt;function=": the name, "&gt;", and parameter tags or the JSON of all arguments.</summary>
    public static CallReading ReadFunction(string text, ToolCatalog tools)
    {
        int end = text.IndexOf('>', StringComparison.Ordinal);
        if (end < 0)
            return CallReading.Incomplete;
        string name = text[..end].Trim().Trim('"');
        string body = text[(end + 1)..];
        string? arguments = body.AsSpan().TrimStart().StartsWith("<parameter=", StringComparison.Ordinal) ? Parameters(name, body, tools) : JsonCalls.Arguments(body);
        return ToolNames.IsPossible(name) && arguments is not null ? CallReading.Of([new CallDraft(null, name, arguments)], text.Length) : CallReading.Malformed;
    }

    /// <summary>invoke tags with parameter tags inside, which say by an attribute whether their text is JSON, or leave it to the tool.</summary>
    public static CallReading ReadInvocations(string text, ToolCatalog tools)
    {
        List<CallDraft> calls = [];
        int end = 0;
        foreach (Match invocation in Invocation().Matches(text))
        {
            if (!IsBlank(text, end, invocation.Index))
                return CallReading.Malformed;
            string name = invocation.Groups["name"].Value;
            string body = invocation.Groups["body"].Value;
            var members = new List<KeyValuePair<string, string>>();
            int done = 0;
            foreach (Match parameter in NamedParameter().Matches(body))
            {
                if (!IsBlank(body, done, parameter.Index))
                    return CallReading.Malformed;
                (string key, string value) = (parameter.Groups["name"].Value, parameter.Groups["value"].Value);
                members.Add(new(key, parameter.Groups["string"].Value == "true" ? JsonText.Quote(value) : tools.ToJson(name, key, value)));
                done = parameter.Index + parameter.Length;
            }

            if (!ToolNames.IsPossible(name) || !IsBlank(body, done, body.Length))
                return CallReading.Malformed;
            calls.Add(new CallDraft(null, name, JsonText.Object(members)));
            end = invocation.Index + invocation.Length;
        }

        return Whole(text, CallReading.Of(calls, end));
    }

    /// <summary>A server's name, a tool's name and the JSON of its arguments, each in a tag.</summary>
    public static CallReading ReadServerTool(string text, ToolCatalog tools)
    {
        Match match = ServerTool().Match(text);
        if (!match.Success || JsonCalls.Arguments(match.Groups["arguments"].Value) is not { } arguments)
            return CallReading.Incomplete;
        string name = match.Groups["tool"].Value;
        string full = $"{match.Groups["server"].Value}.{name}";
        return CallReading.Of([new CallDraft(null, tools.Has(full) && !tools.Has(name) ? full : name, arguments)], text.Length);
    }

    private static CallReading ReadFunctions(string text, ToolCatalog tools)
    {
        const string open = "<function=", close = "</function>";
        List<CallDraft> calls = [];
        int end = 0;
        for (int start = text.IndexOf(open, StringComparison.Ordinal); start >= 0 && IsBlank(text, end, start); start = text.IndexOf(open, end, StringComparison.Ordinal))
        {
            int stop = text.IndexOf(close, start, StringComparison.Ordinal);
            if (stop < 0)
                return CallReading.Incomplete;
            CallReading one = ReadFunction(text[(start + open.Length)..stop], tools);
            if (one.Status != CallStatus.Read)
                return CallReading.Malformed;
            calls.AddRange(one.Calls);
            end = stop + close.Length;
        }

        return CallReading.Of(calls, end);
    }

    private static string? Parameters(string tool, string body, ToolCatalog tools)
    {
        var members = new List<KeyValuePair<string, string>>();
        int end = 0;
        foreach (Match parameter in Parameter().Matches(body))
        {
            if (!IsBlank(body, end, parameter.Index))
                return null;
            string key = parameter.Groups["name"].Value;
            members.Add(new(key, tools.ToJson(tool, key, parameter.Groups["value"].Value)));
            end = parameter.Index + parameter.Length;
        }

        return IsBlank(body, end, body.Length) ? JsonText.Object(members) : null;
    }

    private static CallReading ReadPairs(string text, ToolCatalog tools)
    {
        int end = text.IndexOf("<arg_key>", StringComparison.Ordinal);
        string name = (end < 0 ? text : text[..end]).Trim();
        if (!ToolNames.IsPossible(name))
            return CallReading.Malformed;
        var members = new List<KeyValuePair<string, string>>();
        end = end < 0 ? text.Length : end;
        foreach (Match pair in Pair().Matches(text))
        {
            if (!IsBlank(text, end, pair.Index))
                return CallReading.Malformed;
            string key = pair.Groups["key"].Value.Trim();
            members.Add(new(key, tools.ToJson(name, key, pair.Groups["value"].Value)));
            end = pair.Index + pair.Length;
        }

        // A name alone is a word in tags, unless there is such a tool.
        if (members.Count == 0 && !tools.Has(name))
            return CallReading.Malformed;
        return Whole(text, CallReading.Of([new CallDraft(null, name, JsonText.Object(members))], end));
    }

    private static CallReading Whole(string text, CallReading reading) =>
        reading.Status == CallStatus.Read && !IsBlank(text, reading.Length, text.Length) ? CallReading.Malformed : reading;

    private static bool IsBlank(string text, int start, int end) => start <= end && text.AsSpan(start, end - start).IsWhiteSpace();

    // Values are taken up to their closing tag; one line break at either side is the tag's.
    [GeneratedRegex(@"<parameter=(?<name>[^>\n]+)>\n?(?<value>.*?)\n?</parameter>", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"<arg_key>(?<key>[^<]*)</arg_key>\s*<arg_value>(?<value>.*?)</arg_value>", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Pair();

    [GeneratedRegex(@"<(｜DSML｜)?invoke name=""(?<name>[^""]*)"">(?<body>.*?)</(｜DSML｜)?invoke>", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Invocation();

    [GeneratedRegex(@"<(｜DSML｜)?parameter name=""(?<name>[^""]*)""( string=""(?<string>true|false)"")?>(?<value>.*?)</(｜DSML｜)?parameter>", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NamedParameter();

    [GeneratedRegex(@"^\s*(<server_name>(?<server>[^<]*)</server_name>)?\s*<tool_name>(?<tool>[^<\s]+)</tool_name>\s*<arguments>(?<arguments>.*)</arguments>\s*$", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ServerTool();
}
